import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestObjects } from '../../testing/openTestObjects.ts';
import { renderPackContents } from '../evidence/renderPackContents.ts';
import { buildPack } from '../evidencePacks/buildPack.ts';
import { requestPack } from '../evidencePacks/requestPack.ts';
import { ingest } from '../ingest/ingest.ts';
import { verifyLedger } from '../ledger/verifyLedger.ts';
import type { ObjectStore } from '../ports.ts';
import { applyRetention } from './applyRetention.ts';

const DAYS = { uploads: 100, deliveries: 10, outbox: 5 };

let bed: TestBed;
let tenant: TestTenant;
let store: { objects: ObjectStore; remove(): Promise<void> };
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
  tenant = await bed.newTenant();
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

const retain = (objects = store.objects) =>
  applyRetention({ db: bed.worker, clock: systemClock, objects }, DAYS);
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const idsOf = async (table: string, ids: string[]) =>
  (await bed.owner(table).whereIn('id', ids).orderBy('id').select('id')).map((row) => row.id);

/** Decided so many days ago: a row that was only dated back would contradict its certificate. */
async function upload(daysOld: number): Promise<string> {
  const clock = {
    now: () => ago(daysOld).replace('Z', '000Z'),
    epochMs: () => Date.now() - daysOld * 86_400_000,
  };
  const { reply } = await ingest(bed.ingestDeps({ clock }), tenant.actor, ingestRequest());
  return reply.upload_id;
}

/** A pack that is built, or fails where its third object is stored. */
async function pack(uploadId: string, isWhole: boolean): Promise<{ id: string; keys: string[] }> {
  const deps = { db: bed.api, clock: systemClock, ids: randomIds };
  const { id } = await requestPack(deps, tenant.actor, { upload_id: uploadId });
  const keys: string[] = [];
  const put: ObjectStore['put'] = async (object) => {
    if (!isWhole && keys.length === 2) throw new Error('the disk is full');
    keys.push(object.key);
    await store.objects.put(object);
  };
  const built = buildPack(
    {
      ...deps,
      db: bed.worker,
      keys: bed.keys.provider,
      objects: { ...store.objects, put },
      renderReport: async (input) => (await renderPackContents(input)).reportPdf,
    },
    { tenantId: tenant.tenantId, packId: id, correlationId: 'c', finish: async () => {} },
  );
  await (isWhole ? built : expect(built).rejects.toThrow());
  return { id, keys };
}

const isThere = (key: string) =>
  store.objects.get(key).then(
    () => true,
    () => false,
  );

it('deletes uploads, packs and their objects that are past, also of packs never finished, and nothing else', async () => {
  const [old, young] = [await upload(101), await upload(99)];
  const [oldPack, halfPack, youngPack] = [
    await pack(old, true),
    await pack(old, false),
    await pack(young, true),
  ];
  expect([oldPack, halfPack, youngPack].map(({ keys }) => keys.length)).toEqual([3, 2, 3]);
  const before = await verifyLedger({ db: bed.api }, tenant.tenantId);
  expect(await retain()).toMatchObject({ uploads: 1, packs: 2, objects: 6 });
  expect(await idsOf('uploads', [old, young])).toEqual([young]);
  expect(await idsOf('evidence_packs', [oldPack.id, halfPack.id, youngPack.id])).toEqual([youngPack.id]);
  expect(await Promise.all([...oldPack.keys, ...halfPack.keys].map(isThere))).toEqual(Array(5).fill(false));
  expect(await Promise.all(youngPack.keys.map(isThere))).toEqual([true, true, true]);
  expect(await bed.owner('risk_signals').where({ upload_id: old })).toEqual([]);
  expect(await bed.owner('certificates').where({ upload_id: old })).toHaveLength(1);
  expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toEqual({ ...before, valid: true });
  expect(await retain()).toMatchObject({ uploads: 0, packs: 0, objects: 0 });
});

it('deletes objects before the rows that know them: where that fails, both stay for the next run', async () => {
  const old = await upload(200);
  const { id, keys } = await pack(old, true);
  const remove = async () => {
    throw new Error('the storage is away');
  };
  await expect(retain({ ...store.objects, remove })).rejects.toThrow('away');
  expect(await idsOf('evidence_packs', [id])).toEqual([id]);
  expect(await idsOf('uploads', [old])).toEqual([old]);
  await retain();
  expect(await Promise.all(keys.map(isThere))).toEqual([false, false, false]);
  expect(await idsOf('uploads', [old])).toEqual([]);
});

it('deletes work that is done and past, and none that is not done, however old', async () => {
  const add = async (done: string | null) => {
    const id = randomIds.next();
    await bed.owner('outbox').insert({
      id,
      tenant_id: tenant.tenantId,
      name: 'evidence.build',
      payload: {},
      correlation_id: 'c',
      available_at: ago(400),
      created_at: ago(400),
      done_at: done,
    });
    return id;
  };
  const [past, young, open] = [await add(ago(6)), await add(ago(4)), await add(null)];
  expect((await retain()).outbox).toBe(1);
  expect(await idsOf('outbox', [past, young, open])).toEqual([young, open].sort());
});

it('deletes webhook events that are past with their deliveries, and none whose delivery is pending', async () => {
  const webhookId = randomIds.next();
  const tenantColumn = { tenant_id: tenant.tenantId };
  await bed.owner('webhooks').insert({
    ...tenantColumn,
    id: webhookId,
    url: 'https://example.org',
    events: [],
    secret: Buffer.alloc(1),
    created_at: ago(500),
  });
  const add = async (status: string, daysOld: number) => {
    const id = randomIds.next();
    const row = { ...tenantColumn, created_at: ago(daysOld) };
    await bed.owner('webhook_events').insert({ ...row, id, type: 't', data_json: '{}', correlation_id: 'c' });
    await bed.owner('webhook_deliveries').insert({ ...row, id, webhook_id: webhookId, event_id: id, status });
    return id;
  };
  const ids = [
    await add('delivered', 11),
    await add('dead', 11),
    await add('pending', 11),
    await add('delivered', 9),
  ];
  expect((await retain()).deliveries).toBe(2);
  expect(await idsOf('webhook_events', ids)).toEqual(ids.slice(2).sort());
  expect(await idsOf('webhook_deliveries', ids)).toEqual(ids.slice(2).sort());
});

it('deletes more than one batch, and stored replies that have expired', async () => {
  await bed.owner.raw(
    `insert into idempotency_keys (tenant_id, credential_id, key, request_mac, lease_until, expires_at)
     select ?, gen_random_uuid(), 'k' || n, '\\x00', now(), now() + case when n <= 1203 then -1 else 1 end * interval '1 hour'
     from generate_series(1, 1210) n`,
    [tenant.tenantId],
  );
  expect((await retain()).idempotency_keys).toBe(1203);
  expect(await bed.owner('idempotency_keys').where({ tenant_id: tenant.tenantId })).toHaveLength(7);
});
