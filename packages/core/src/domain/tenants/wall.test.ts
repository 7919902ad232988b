import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { readCertificate } from '../certificates/certificateStore.ts';
import { fixSources, markFailed, readPack } from '../evidencePacks/packStore.ts';
import { requestPack } from '../evidencePacks/requestPack.ts';
import { ingest } from '../ingest/ingest.ts';
import { readUpload, readUploads } from '../ingest/uploadStore.ts';
import { createKey } from '../keys/createKey.ts';
import { listKeys, touchKey } from '../keys/keyStore.ts';
import { insertEvents, lockHead, readEnd, readEventsAfter } from '../ledger/ledgerStore.ts';
import { finishRun, insertWork, startRun } from '../outbox/outboxStore.ts';
import { insertPolicy, readPolicies, readPolicy } from '../policy/policyStore.ts';
import { insertSubject } from '../subjects/subjectStore.ts';
import { inTenant } from './inTenant.ts';

let bed: TestBed;
let mine: TestTenant;
let theirs: TestTenant;
/** What the other tenant has: the application's own filter is taken away by asking for its id. */
let victim: {
  tenantId: string;
  uploadId: string;
  externalId: string;
  certificateId: string;
  packId: string;
  workId: string;
  keyId: string;
};

beforeAll(async () => {
  bed = await openTestBed();
  [mine, theirs] = [await bed.newTenant('mine'), await bed.newTenant('theirs')];
  const { reply } = await ingest(bed.ingestDeps(), theirs.actor, ingestRequest());
  const deps = { db: bed.api, clock: systemClock, ids: randomIds };
  const pack = await requestPack(deps, theirs.actor, { upload_id: reply.upload_id });
  const key = await createKey(
    { ...deps, db: bed.owner, pepper: bed.keys.keyring.pepper },
    { tenantId: theirs.tenantId, name: 'k', scopes: ['ingest:read'], expiresAt: null },
  );
  const [work] = await bed.owner('outbox').where({ tenant_id: theirs.tenantId }).select('id');
  victim = {
    tenantId: theirs.tenantId,
    uploadId: reply.upload_id,
    externalId: reply.external_id,
    certificateId: reply.certificate_id,
    packId: pack.id,
    workId: work.id,
    keyId: key.id,
  };
});
afterAll(() => bed.close());

const asMe = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(bed.api, mine.tenantId, work);
const asThem = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(bed.api, theirs.tenantId, work);
const WALL = { code: '42501', message: expect.stringContaining('row-level security') };

const WALLED = [
  'tenants',
  'api_keys',
  'subjects',
  'policies',
  'uploads',
  'risk_signals',
  'certificates',
  'ledger_heads',
  'ledger_events',
  'model_loads',
  'outbox',
  'evidence_packs',
];

describe('behind the wall, with the tenant filter of the application taken away', () => {
  it.each(WALLED)('a bare select of %s gives the rows of the transaction’s tenant only', async (table) => {
    const owner = table === 'tenants' ? 'id' : 'tenant_id';
    const tenantsIn = (rows: { tenant: string }[]) => [...new Set(rows.map((row) => row.tenant))];
    const all = tenantsIn(await bed.owner(table).select({ tenant: owner }));
    expect(all).toContain(theirs.tenantId);
    const seen = await asMe((tx) => tx(table).select({ tenant: owner }));
    expect(tenantsIn(seen).filter((tenant) => tenant !== mine.tenantId)).toEqual([]);
    const seenByThem = await asThem((tx) => tx(table).select({ tenant: owner }));
    expect(tenantsIn(seenByThem)).toEqual([theirs.tenantId]);
  });

  it('a store that is asked for another tenant’s rows finds none', async () => {
    const { tenantId } = victim;
    const read = (as: typeof asMe) =>
      as(async (tx) => [
        await readUpload(tx, { tenantId, id: victim.uploadId }),
        await readUpload(tx, { tenantId, externalId: victim.externalId }),
        (await readUploads(tx, { tenantId, before: undefined, limit: 10 }))[0],
        await readCertificate(tx, { tenantId, id: victim.certificateId }),
        await readPack(tx, { tenantId, id: victim.packId }),
        await readPolicy(tx, { tenantId, id: theirs.policyId }),
        (await readPolicies(tx, { tenantId, before: undefined, limit: 10 }))[0],
        (await readEventsAfter(tx, { tenantId, after: 0, limit: 10 }))[0],
        (await readEnd(tx, tenantId)).head,
        (await listKeys(tx, tenantId))[0],
      ]);
    expect((await read(asThem)).filter((found) => found === undefined)).toEqual([]);
    expect((await read(asMe)).filter((found) => found !== undefined)).toEqual([]);
    await expect(asMe((tx) => lockHead(tx, tenantId))).rejects.toThrow('the tenant has no ledger');
  });

  it('an update meant for another tenant changes nothing', async () => {
    const { tenantId, keyId, packId, workId } = victim;
    const before = await bed.owner('api_keys').where({ id: keyId }).first();
    await asMe((tx) => touchKey(tx, { tenantId, id: keyId, at: systemClock.now() }));
    expect(await bed.owner('api_keys').where({ id: keyId }).first()).toEqual(before);
    const run = { id: workId, tenantId, run: randomIds.next() };
    await inTenant(bed.worker, mine.tenantId, async (tx) => {
      expect(await startRun(tx, { ...run, claim: 0, leaseSeconds: 60 })).toBeUndefined();
      expect(await finishRun(tx, run)).toBe(false);
      await markFailed(tx, { tenantId, id: packId, error: 'forged' });
      await expect(fixSources(tx, { tenantId, id: packId, jwksJson: '{}' })).rejects.toThrow();
    });
    expect(await bed.owner('evidence_packs').where({ id: packId }).first()).toMatchObject({
      status: 'pending',
      error: null,
      jwks_json: null,
    });
  });

  it('an update without any condition stays in its tenant', async () => {
    const at = '2026-01-01T00:00:00.000001Z';
    await asMe((tx) => tx('outbox').update({ last_error: 'mine', available_at: at }));
    await asMe((tx) => tx('ledger_heads').update({ head_hash: 'mine' }));
    expect(await bed.owner('outbox').where({ last_error: 'mine' })).toEqual([]);
    const head = await bed.owner('ledger_heads').where({ tenant_id: theirs.tenantId }).first();
    expect(head.head_hash).not.toBe('mine');
  });

  it('an insert into another tenant is refused, whatever the store', async () => {
    const { tenantId } = victim;
    const now = systemClock.now();
    const hash = '0'.repeat(64);
    const event = {
      sequence: 99,
      event_id: randomIds.next(),
      event_type: 'decision.created' as const,
      event_timestamp: now,
      upload_id: null,
      canonical_event_json: '{}',
      prev_hash: hash,
      event_hash: hash,
    };
    const document = (await asMe((tx) => readPolicy(tx, { tenantId: mine.tenantId, id: mine.policyId })))!
      .document;
    const policy = {
      id: randomIds.next(),
      name: 'p',
      version: 1,
      document,
      documentJson: '{}',
      sha256: hash,
    };
    await expect(asMe((tx) => insertEvents(tx, tenantId, [event]))).rejects.toMatchObject(WALL);
    await expect(
      asMe((tx) => insertPolicy(tx, tenantId, { ...policy, created_at: now })),
    ).rejects.toMatchObject(WALL);
    await expect(
      asMe((tx) =>
        insertSubject(tx, {
          id: randomIds.next(),
          tenantId,
          kind: 'account',
          blindIndex: Buffer.alloc(32),
          blindKeyId: 'k',
          identifier: Buffer.alloc(1),
          wrappedKeys: 'w',
          accountCreatedAt: null,
          createdAt: now,
        }),
      ),
    ).rejects.toMatchObject(WALL);
    const work = { id: randomIds.next(), tenantId, name: 'evidence.build' as const, correlationId: 'c' };
    await expect(
      asMe((tx) => insertWork(tx, [{ ...work, payload: { pack_id: victim.packId }, availableAt: now }])),
    ).rejects.toMatchObject(WALL);
  });

  it('no row moves to another tenant', async () => {
    await expect(asThem((tx) => tx('outbox').update({ tenant_id: mine.tenantId }))).rejects.toMatchObject(
      WALL,
    );
  });

  it('a delete without any condition stays in its tenant', async () => {
    const key = { credential_id: randomIds.next(), key: 'k', request_mac: Buffer.alloc(32) };
    const at = systemClock.now();
    for (const tenant of [mine, theirs]) {
      await inTenant(bed.api, tenant.tenantId, (tx) =>
        tx('idempotency_keys').insert({
          tenant_id: tenant.tenantId,
          ...key,
          lease_until: at,
          expires_at: at,
        }),
      );
    }
    expect(await asMe((tx) => tx('idempotency_keys').delete())).toBe(1);
    expect(await bed.owner('idempotency_keys').select('tenant_id')).toEqual([{ tenant_id: theirs.tenantId }]);
  });

  it('nothing is seen and nothing written where no tenant is set', async () => {
    for (const table of WALLED) expect(await bed.api(table).select(bed.api.raw('1'))).toEqual([]);
    await expect(
      bed.api('model_loads').insert({ tenant_id: mine.tenantId, kind: 'risk', version: 'v' }),
    ).rejects.toMatchObject(WALL);
  });

  it('a transaction’s tenant ends with it: the next on the same connection has none', async () => {
    const pool = bed.api;
    await asMe((tx) => tx('uploads').select('id'));
    const { rows } = await pool.raw("select current_setting('app.tenant_id', true) as tenant");
    expect(rows[0].tenant || null).toBeNull();
  });

  it('a tenant that is no id opens no transaction', async () => {
    for (const wrong of ["' or true", '', `${mine.tenantId}'; reset role; --`]) {
      const seen = inTenant(bed.api, wrong, (tx) => tx('uploads').select('id'));
      await expect(seen).rejects.toThrow('not a tenant id');
    }
  });
});
