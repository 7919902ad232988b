import { afterAll, beforeAll, expect, it } from 'vitest';
import { readContext } from '../domain/ingest/readContext.ts';
import { readUpload, readUploads } from '../domain/ingest/uploadStore.ts';
import { findKeysByPrefix } from '../domain/keys/keyStore.ts';
import { readEventsAfter, readEventsOfUpload } from '../domain/ledger/ledgerStore.ts';
import { claimWork } from '../domain/outbox/outboxStore.ts';
import type { Db, Tx } from '../domain/ports.ts';
import { inTenant } from '../domain/tenants/inTenant.ts';
import { randomIds } from '../infra/randomIds.ts';
import { openTestBed, type TestBed } from '../testing/openTestBed.ts';

/** Some thousand rows in every table that the hot queries read, of several tenants. */
const FILL = `
  insert into tenants (id, name, created_at) select gen_random_uuid(), 't' || n, now() from generate_series(1, 20) n;
  insert into policies (id, tenant_id, name, version, document_json, sha256, created_at)
    select gen_random_uuid(), id, 'p' || n, 1, '{}', '', now() from tenants, generate_series(1, 30) n;
  insert into subjects (id, tenant_id, kind, blind_index, blind_key_id, created_at)
    select gen_random_uuid(), t.id, 'account', sha256((t.id || ':' || n)::bytea), 'k', now() from tenants t, generate_series(1, 300) n;
  insert into uploads (id, tenant_id, external_id, body_mac, account_id, device_id, pvid, content_sha256, media_type, decision,
      risk_score, anomaly_score, policy_id, decision_inputs_json, certificate_id, correlation_id, ledger_sequence, received_at)
    select gen_random_uuid(), s.tenant_id, 'e' || n, '\\x00', s.id, s.id, 'p' || n, '', 'text/plain',
      (array['allow', 'allow', 'allow', 'quarantine', 'reject'])[1 + n % 5], 0, 0, p.id, '{}', gen_random_uuid(), 'c', n,
      now() - n * interval '1 minute'
    from (select *, row_number() over (partition by tenant_id) as n from subjects) s
      join (select distinct on (tenant_id) tenant_id, id from policies) p using (tenant_id);
  insert into risk_signals select tenant_id, id, 0, 'r', 'i', 'd' from uploads;
  insert into ledger_events select tenant_id, 1000 + row_number() over (partition by tenant_id), id, 't', now(), id, '{}', '', '' from uploads;
  insert into api_keys (id, tenant_id, prefix, digest, pepper_id, name, scopes, created_at)
    select gen_random_uuid(), t.id, lpad((n * 97)::text, 8, '0'), sha256(n::text::bytea), 'p', 'k', '["ingest:read"]', now()
    from tenants t, generate_series(1, 200) n;
  insert into outbox (id, tenant_id, name, payload, correlation_id, available_at, created_at, done_at)
    select gen_random_uuid(), tenant_id, 'evidence.build', '{}', 'c', now(), now(), case when ledger_sequence % 50 > 0 then now() end
    from uploads;
  analyze`;

let bed: TestBed;
let tenantId: string;
let upload: { id: string; tenant_id: string; external_id: string; pvid: string };
beforeAll(async () => {
  bed = await openTestBed();
  await bed.owner.raw(FILL);
  upload = await bed.owner('uploads').first();
  tenantId = upload.tenant_id;
});
afterAll(() => bed.close());

/** How often `read` used each index, and how many rows whole-table scans gave it, as the server counted. */
async function usedBy(db: Db, read: (tx: Tx) => Promise<unknown>) {
  const count = async () => {
    // What the owner read for the tests themselves is counted before, not within.
    await bed.owner.raw('select pg_stat_force_next_flush()');
    await bed.owner.raw('select pg_stat_clear_snapshot()');
    const { rows: indexes } = await bed.owner.raw(
      'select indexrelname as name, idx_scan::int as n from pg_stat_user_indexes',
    );
    const { rows: tables } = await bed.owner.raw(
      'select relname as name, seq_tup_read::int as n from pg_stat_user_tables',
    );
    const toMap = (rows: { name: string; n: number }[]) => new Map(rows.map(({ name, n }) => [name, n]));
    return { indexes: toMap(indexes), tables: toMap(tables) };
  };
  const before = await count();
  await inTenant(db, tenantId, async (tx) => {
    // More than five times: from then on a prepared statement may get its generic plan, which must be as good.
    for (let round = 0; round < 8; round += 1) await read(tx);
    await tx.raw('select pg_stat_force_next_flush()');
  });
  await db.raw('select pg_stat_force_next_flush()');
  const after = await count();
  const grown = (name: 'indexes' | 'tables') =>
    [...after[name]].flatMap(([key, n]) => (n > (before[name].get(key) ?? 0) ? [key] : [])).sort();
  return { indexes: grown('indexes'), scanned: grown('tables') };
}

it('an ingest reads its whole context by indexes', async () => {
  const subject = await bed.owner('subjects').where({ tenant_id: tenantId }).first();
  await bed.owner('subjects').insert({ ...subject, id: randomIds.next(), kind: 'device' });
  const policy = await bed.owner('policies').where({ tenant_id: tenantId }).first();
  const used = await usedBy(bed.api, (tx) =>
    readContext(tx, {
      tenantId,
      externalId: 'new',
      accountIndex: subject.blind_index,
      deviceIndex: subject.blind_index,
      pvid: upload.pvid,
      policyId: policy.id,
      holdId: randomIds.next(),
    }).catch(() => {}),
  );
  expect(used.scanned).toEqual([]);
  expect(used.indexes).toEqual(
    expect.arrayContaining([
      'subjects_blind_index',
      'uploads_account',
      'uploads_device',
      'uploads_external_id',
      'uploads_pvid_outcome',
      'uploads_under_way_account',
      'uploads_under_way_device',
    ]),
  );
});

it('a key is found by one index', async () => {
  const { prefix } = await bed.owner('api_keys').first('prefix');
  const used = await usedBy(bed.api, (tx) => findKeysByPrefix(tx, prefix));
  expect(used.scanned).not.toContain('api_keys');
  expect(used.indexes).toContain('api_keys_prefix');
});

it('an upload is read by its id, by its external id and as the newest of its tenant by indexes', async () => {
  const reads: [RegExp, (tx: Tx) => Promise<unknown>][] = [
    // Both begin with what is asked for, and hold one row of it.
    [/uploads_(pkey|newest)/, (tx) => readUpload(tx, { tenantId, id: upload.id }).catch(() => {})],
    [/uploads_external_id/, (tx) => tx('uploads').where({ tenant_id: tenantId, external_id: 'none' })],
    [
      /uploads_newest/,
      (tx) => readUploads(tx, { tenantId, before: randomIds.next(), limit: 2 }).catch(() => {}),
    ],
  ];
  for (const [index, read] of reads) {
    const used = await usedBy(bed.api, (tx) => tx.transaction(read));
    expect({ index, scanned: used.scanned }).toEqual({ index, scanned: [] });
    expect(used.indexes).toContainEqual(expect.stringMatching(index));
  }
});

it('events are read by sequence and by upload by indexes', async () => {
  const bySequence = await usedBy(bed.api, (tx) =>
    readEventsAfter(tx, { tenantId, after: 1_100, limit: 50 }),
  );
  expect(bySequence).toMatchObject({ scanned: [], indexes: ['ledger_events_pkey'] });
  const byUpload = await usedBy(bed.worker, (tx) =>
    readEventsOfUpload(tx, { tenantId, uploadId: upload.id }),
  );
  expect(byUpload).toMatchObject({ scanned: [], indexes: ['ledger_events_upload'] });
});

it('due work is found by an index that holds no work that is done', async () => {
  const used = await usedBy(bed.worker, (tx) => claimWork(tx, 5, 60));
  expect(used.scanned).not.toContain('outbox');
  expect(used.indexes).toContain('outbox_due');
});
