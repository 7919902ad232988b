import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestObjects } from '../../testing/openTestObjects.ts';
import { insertPack } from '../evidencePacks/packStore.ts';
import { requestPack } from '../evidencePacks/requestPack.ts';
import { ingest } from '../ingest/ingest.ts';
import type { ObjectStore, Tx } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { lockDelivery, restartDelivery } from '../webhooks/deliveryStore.ts';
import { replayDelivery } from '../webhooks/replayDelivery.ts';
import { applyRetention } from './applyRetention.ts';

let bed: TestBed;
let tenant: TestTenant;
let store: { objects: ObjectStore; remove(): Promise<void> };
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
});
beforeEach(async () => {
  tenant = await bed.newTenant();
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

const YEAR_AGO = new Date(Date.now() - 365 * 86_400_000).toISOString();
const api = () => ({ db: bed.api, clock: systemClock, ids: randomIds });

async function lockWaits(): Promise<number> {
  const { rows } = await bed.owner.raw(
    `select 1 from pg_locks l join pg_stat_activity a using (pid)
     where not l.granted and a.datname = current_database()`,
  );
  return rows.length;
}

/** Runs retention while a request's transaction is open, which ends when retention has ended or waits for it. */
async function retainDuring(request: (tx: Tx) => Promise<void>) {
  const run = await inTenant(bed.api, tenant.tenantId, async (tx) => {
    await request(tx);
    let isOver = false;
    const retention = applyRetention(
      { db: bed.worker, clock: systemClock, objects: store.objects },
      { uploads: 100, deliveries: 100, outbox: 100 },
    ).finally(() => {
      isOver = true;
    });
    await eventually(async () => isOver || (await lockWaits()) > 0);
    return { retention };
  });
  return run.retention;
}

/** Begins a request while a purge has deleted and not committed; the purge commits when the request waits for it. */
async function requestDuring<T>(purge: string, request: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const run = await bed.owner.transaction(async (tx) => {
    const { rows } = await tx.raw(`select ${purge}(now() - interval '100 days', 500) as deleted`);
    expect(rows[0].deleted).toBe(1);
    const settled = Promise.allSettled([request()]);
    await eventually(async () => (await lockWaits()) > 0);
    return { settled };
  });
  const [result] = await run.settled;
  return result;
}

async function oldUpload(): Promise<string> {
  const { reply } = await ingest(bed.ingestDeps(), tenant.actor, ingestRequest());
  const id = reply.upload_id;
  await bed.owner('uploads').where({ id }).update({ received_at: YEAR_AGO });
  return id;
}

async function oldDelivery(): Promise<string> {
  const id = randomIds.next();
  const row = { id, tenant_id: tenant.tenantId, created_at: YEAR_AGO };
  await bed
    .owner('webhooks')
    .insert({ ...row, url: 'https://example.org', events: [], secret: Buffer.alloc(1) });
  await bed.owner('webhook_events').insert({ ...row, type: 't', data_json: '{}', correlation_id: 'c' });
  await bed.owner('webhook_deliveries').insert({ ...row, webhook_id: id, event_id: id, status: 'delivered' });
  return id;
}

it('keeps a delivery whose replay is accepted while it runs', async () => {
  const key = { tenantId: tenant.tenantId, id: await oldDelivery() };
  const deleted = await retainDuring(async (tx) => {
    expect(await lockDelivery(tx, key)).toMatchObject({ status: 'delivered' });
    await restartDelivery(tx, { ...key, now: systemClock.now() });
  });
  expect(deleted.deliveries).toBe(0);
  expect(await bed.owner('webhook_deliveries').where({ id: key.id }).first()).toMatchObject({
    status: 'pending',
  });
  await bed.owner('webhook_events').where({ id: key.id }).delete();
});

it('lets no replay be accepted of a delivery that it has deleted: it is not found', async () => {
  const id = await oldDelivery();
  const replay = await requestDuring('purge_deliveries', () => replayDelivery(api(), tenant.actor, id));
  expect(replay).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
});

it('keeps an upload, and its pack, where the pack is accepted while it runs', async () => {
  const [uploadId, id] = [await oldUpload(), randomIds.next()];
  const deleted = await retainDuring((tx) =>
    insertPack(tx, {
      tenantId: tenant.tenantId,
      id,
      uploadId,
      correlationId: 'c',
      createdAt: systemClock.now(),
    }),
  );
  expect(deleted.uploads).toBe(0);
  expect(await bed.owner('evidence_packs').where({ id })).toHaveLength(1);
  await bed.owner('uploads').where({ id: uploadId }).delete();
});

it('lets no pack be accepted of an upload that it has deleted: it is not found, and no work is left', async () => {
  const uploadId = await oldUpload();
  const pack = await requestDuring('purge_uploads', () =>
    requestPack(api(), tenant.actor, { upload_id: uploadId }),
  );
  expect(pack).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
  expect(await bed.owner('outbox').where({ tenant_id: tenant.tenantId })).toEqual([]);
});
