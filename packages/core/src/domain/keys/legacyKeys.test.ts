import { randomBytes } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { verifyBcrypt } from '../../infra/verifyBcrypt.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { createAuthenticator } from './authenticate.ts';
import { importLegacyKey } from './importLegacyKey.ts';
import { insertKey } from './keyStore.ts';
import { revokeKey } from './revokeKey.ts';

let bed: TestBed;
let tenant: TestTenant;
let compares = 0;
beforeAll(async () => {
  bed = await openTestBed();
  tenant = await bed.newTenant();
});
afterAll(() => bed.close());

const deps = () => ({ db: bed.owner, clock: systemClock, ids: randomIds });

async function imported(prefix = randomBytes(4).toString('hex'), tenantId = tenant.tenantId) {
  const key = prefix + randomBytes(12).toString('hex');
  const digest = hashSync(key, { cost: 4 });
  const input = { tenantId, name: 'old', scopes: ['ingest:write' as const], prefix, digest };
  return { key, digest, ...(await importLegacyKey(deps(), input)) };
}

function authenticator(isAccepted = true) {
  compares = 0;
  return createAuthenticator({
    db: bed.api,
    pepper: bed.keys.keyring.pepper,
    marks: { read: async () => undefined, confirm: async () => undefined },
    nowMs: Date.now,
    verifyLegacy: isAccepted
      ? (key, digest) => {
          compares += 1;
          return verifyBcrypt(key, digest);
        }
      : undefined,
  });
}

const rowOf = (id: string) => bed.owner('api_keys').where({ id }).first();

it('accepts an imported key, and its first use replaces the bcrypt digest by ours', async () => {
  const { id, key } = await imported();
  const authenticate = authenticator();
  expect(await authenticate(key)).toMatchObject({ key: { id, tenantId: tenant.tenantId } });
  const row = await rowOf(id);
  expect(row).toMatchObject({ legacy_digest: null, pepper_id: bed.keys.keyring.pepper.id });
  expect(row.digest).toEqual(bed.keys.keyring.pepper.mac(key));
  expect(await authenticate(key)).toMatchObject({ key: { id } });
  expect(compares).toBe(1);
});

it('accepts none while legacy keys are not allowed', async () => {
  const { id, key } = await imported();
  expect(await authenticator(false)(key)).toEqual({ refused: 'unknown' });
  expect(await rowOf(id)).toMatchObject({ digest: null });
});

it('tells 8 keys with one prefix apart', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => imported('samepref')));
  const authenticate = authenticator();
  expect(await authenticate(`samepref${'x'.repeat(20)}`)).toEqual({ refused: 'unknown' });
  expect(compares).toBe(8);
  for (const { id, key } of keys) expect(await authenticate(key)).toMatchObject({ key: { id } });
});

it('imports at most 8 keys with one prefix, counted over all tenants, also at once', async () => {
  const other = await bed.newTenant();
  const settled = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      imported('crowded0', index % 2 === 0 ? tenant.tenantId : other.tenantId),
    ),
  );
  const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const refusal = expect.objectContaining({ code: 'unprocessable', message: expect.stringContaining('8') });
  expect(refusals).toEqual([refusal, refusal]);
  expect(await bed.owner('api_keys').where({ prefix: 'crowded0' })).toHaveLength(8);
});

it('finds active keys before revoked ones, and compares at most 8', async () => {
  const prefix = 'manyold0';
  const key = `${prefix}-the-last-one`;
  const row = {
    tenantId: tenant.tenantId,
    prefix,
    digest: null,
    pepperId: null,
    name: 'old',
    scopes: ['ingest:write'],
    expiresAt: null,
    createdAt: systemClock.now(),
  };
  const id = randomIds.next();
  await inTenant(bed.owner, tenant.tenantId, async (tx) => {
    for (let index = 0; index < 9; index += 1) {
      await insertKey(tx, { ...row, id: randomIds.next(), legacyDigest: hashSync(`${index}`, { cost: 4 }) });
    }
    await tx('api_keys').where({ prefix }).update({ is_active: false });
    await insertKey(tx, { ...row, id, legacyDigest: hashSync(key, { cost: 4 }) });
  });
  expect(await authenticator()(key)).toMatchObject({ key: { id } });
  expect(await authenticator()(`${prefix}-none`)).toEqual({ refused: 'unknown' });
  expect(compares).toBeLessThanOrEqual(8);
  expect(compares).toBeGreaterThan(0);
});

it('refuses one that was revoked, and leaves its digest as it is', async () => {
  const { id, key, digest } = await imported();
  await revokeKey(deps(), { tenantId: tenant.tenantId, keyId: id });
  expect(await authenticator()(key)).toEqual({ refused: 'revoked' });
  expect(await rowOf(id)).toMatchObject({ legacy_digest: digest });
});

it('asks the database for none that is too short, too long, or looks like one of ours', async () => {
  const authenticate = authenticator();
  for (const key of ['short', 'x'.repeat(201), 'ok_live_0aZ9bY8c_not_one_of_ours', '']) {
    expect(await authenticate(key)).toEqual({ refused: 'unknown' });
  }
  expect(compares).toBe(0);
});

it.each([
  ['no bcrypt digest', { digest: 'a'.repeat(60) }],
  ['a prefix of our own keys', { prefix: 'ok_live_' }],
  ['a prefix that is too short', { prefix: 'abc' }],
])('imports nothing with %s', async (_, wrong) => {
  const good = { prefix: 'abcdefgh', digest: hashSync('abcdefgh-key', { cost: 4 }) };
  const input = { tenantId: tenant.tenantId, name: 'old', scopes: ['ingest:write' as const], ...good };
  await expect(importLegacyKey(deps(), { ...input, ...wrong })).rejects.toMatchObject({
    code: 'validation_failed',
  });
});
