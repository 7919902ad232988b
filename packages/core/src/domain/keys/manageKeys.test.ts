import { TENANT_SCOPES, type TenantScope } from '@origin-stack/contract/scopes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestKeys } from '../../testing/openTestKeys.ts';
import { allowNetworks } from '../tenants/allowNetworks.ts';
import { checkFingerprints, WrongKeysError } from './checkFingerprints.ts';
import { createKey } from './createKey.ts';
import { revokeKey } from './revokeKey.ts';

let bed: TestBed;
let tenant: TestTenant;
beforeAll(async () => {
  bed = await openTestBed();
  tenant = await bed.newTenant();
});
afterAll(() => bed.close());

const deps = () => ({
  db: bed.owner,
  clock: systemClock,
  ids: randomIds,
  pepper: bed.keys.keyring.pepper,
});
const create = (scopes: TenantScope[]) =>
  createKey(deps(), { tenantId: tenant.tenantId, name: 'k', scopes, expiresAt: null });

it('makes a key with every scope that a tenant may have, and none with another', async () => {
  await expect(create([...TENANT_SCOPES])).resolves.toHaveProperty('keyValue');
  for (const wrong of [['admin'], [], ['ingest:write', 'nothing']] as TenantScope[][]) {
    await expect(create(wrong)).rejects.toMatchObject({ code: 'validation_failed' });
  }
});

it('revokes a key once, of its own tenant only', async () => {
  const { id, prefix } = await create(['ingest:read']);
  const other = await bed.newTenant();
  const revoke = (tenantId: string) => revokeKey(deps(), { tenantId, keyId: id });
  await expect(revoke(other.tenantId)).rejects.toMatchObject({ code: 'not_found' });
  expect(await revoke(tenant.tenantId)).toEqual({ prefix, wasActive: true });
  const first = await bed.owner('api_keys').where({ id }).first('revoked_at');
  expect(await revoke(tenant.tenantId)).toEqual({ prefix, wasActive: false });
  expect(await bed.owner('api_keys').where({ id }).first('revoked_at')).toEqual(first);
});

it('sets an allowlist only of networks, and only of a tenant that exists', async () => {
  const set = (tenantId: string, networks: string[]) => allowNetworks(deps(), { tenantId, networks });
  await expect(set(tenant.tenantId, ['10.0.0.0/8', '10.1'])).rejects.toMatchObject({
    code: 'validation_failed',
  });
  await expect(set(randomIds.next(), ['10.0.0.0/8'])).rejects.toMatchObject({ code: 'not_found' });
  await set(tenant.tenantId, ['10.0.0.0/8', '2001:db8::/32']);
  const row = await bed.owner('tenants').where({ id: tenant.tenantId }).first('ip_allowlist');
  expect(row.ip_allowlist).toEqual(['10.0.0.0/8', '2001:db8::/32']);
});

it('ties a database to its keys: with others it says which key is wrong, and never what it is', async () => {
  const { keyring } = bed.keys;
  const now = systemClock.now();
  await checkFingerprints({ db: bed.api, keyring, now });
  await checkFingerprints({ db: bed.worker, keyring, now });
  const others = await openTestKeys();
  const wrong = { ...keyring, blindIndex: others.keyring.blindIndex };
  const refusal = await checkFingerprints({ db: bed.api, keyring: wrong, now }).catch((error) => error);
  expect(refusal).toBeInstanceOf(WrongKeysError);
  expect(refusal.message).toMatch(/blindIndex key .* LOCAL_ENCRYPTION_SALT/);
  await checkFingerprints({ db: bed.api, keyring, now });
  await others.remove();
});
