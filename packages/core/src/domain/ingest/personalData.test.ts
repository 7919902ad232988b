import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { createSubjectKeyring, decryptField, encryptField } from '../subjects/subjectKeys.ts';
import { identifierContext } from './ensureSubjects.ts';
import { ingest } from './ingest.ts';

const ACCOUNT = 'canary.account+4711@example.org';
const DEVICE = 'canary-device-0815';
const SECRET_NOTE = 'canary-metadata-note';

let bed: TestBed;
let tenants: string[];
beforeAll(async () => {
  bed = await openTestBed();
  const both = [await bed.newTenant(), await bed.newTenant()];
  tenants = both.map((one) => one.tenantId);
  for (const { actor } of both) {
    const request = ingestRequest({
      account: { external_id: ACCOUNT },
      device: { external_id: DEVICE },
      metadata: { note: SECRET_NOTE },
    });
    await ingest(bed.ingestDeps(), actor, request);
  }
});
afterAll(() => bed.close());

const subjectOf = (tenantId: string, kind: string) =>
  bed.owner('subjects').where({ tenant_id: tenantId, kind }).first();
const keyring = () => createSubjectKeyring(bed.keys.provider);

describe('personal data', () => {
  it('stands in no column of no table in clear, neither as text nor as bytes', async () => {
    const { rows: tables } = await bed.owner.raw(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    expect(tables.length).toBeGreaterThan(12);
    for (const value of [ACCOUNT, DEVICE, SECRET_NOTE]) {
      const forms = [
        value,
        Buffer.from(value).toString('hex'),
        Buffer.from(value).toString('base64').slice(0, -4),
      ];
      for (const { name } of tables) {
        const { rows } = await bed.owner.raw(`select t::text as row from ?? t`, [name]);
        for (const { row } of rows) for (const form of forms) expect(row).not.toContain(form);
      }
    }
  });

  it('is found again by its blind index, which is another for each tenant and each kind', async () => {
    const rows = await bed
      .owner('subjects')
      .whereIn('tenant_id', tenants)
      .select('tenant_id', 'kind', 'blind_index');
    expect(rows).toHaveLength(4);
    expect(new Set(rows.map((row) => row.blind_index.toString('hex'))).size).toBe(4);
    for (const { tenant_id, kind, blind_index } of rows) {
      const value = kind === 'account' ? ACCOUNT : DEVICE;
      expect(blind_index).toEqual(bed.keys.keyring.blindIndex.mac(`${tenant_id}:${kind}:${value}`));
    }
  });

  it('decrypts under its subject’s own key, which the key provider unwraps', async () => {
    for (const tenantId of tenants) {
      const row = await subjectOf(tenantId, 'account');
      const keys = await keyring().open(row.wrapped_keys);
      expect(decryptField(keys, identifierContext(tenantId, row.id), row.identifier)).toBe(ACCOUNT);
    }
  });

  it('cannot be moved: a ciphertext opens in no other row, tenant or field, and under no other subject’s key', async () => {
    const [mine, theirs] = tenants as [string, string];
    const row = await subjectOf(mine, 'account');
    const other = await subjectOf(theirs, 'account');
    const keys = await keyring().open(row.wrapped_keys);
    const open = (context: string) => () => decryptField(keys, context, row.identifier);
    expect(open(identifierContext(mine, other.id))).toThrow();
    expect(open(identifierContext(theirs, row.id))).toThrow();
    expect(open(`${mine}:${row.id}:metadata`)).toThrow();
    const otherKeys = await keyring().open(other.wrapped_keys);
    expect(() => decryptField(otherKeys, identifierContext(mine, row.id), row.identifier)).toThrow();
  });

  it('opens with no byte changed or missing, and its key does neither', async () => {
    const { keys, wrapped } = await keyring().create();
    const sealed = encryptField(keys, 'c', 'text');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decryptField(keys, 'c', changed)).toThrow();
      expect(() => decryptField(keys, 'c', sealed.subarray(0, at))).toThrow();
    }
    const empty = encryptField(keys, 'c', '');
    expect(decryptField(keys, 'c', empty)).toBe('');
    for (let length = 12; length < 28; length += 1) {
      expect(() => decryptField(keys, 'c', empty.subarray(0, length))).toThrow();
    }
    const broken = wrapped.slice(0, -6) + (wrapped.at(-6) === 'A' ? 'B' : 'A') + wrapped.slice(-5);
    await expect(keyring().open(broken)).rejects.toThrow();
    expect((await keyring().open(wrapped)).data).toEqual(keys.data);
  });

  it('makes one subject of an account that comes in many uploads at once', async () => {
    const { tenantId, actor } = await bed.newTenant();
    const deps = [bed.ingestDeps(), bed.ingestDeps()];
    const account = { external_id: 'same' };
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => ingest(deps[index % 2]!, actor, ingestRequest({ account }))),
    );
    expect(await bed.owner('subjects').where({ tenant_id: tenantId, kind: 'account' })).toHaveLength(1);
    const accounts = await bed.owner('uploads').where({ tenant_id: tenantId }).distinct('account_id');
    expect(accounts).toHaveLength(1);
  });
});
