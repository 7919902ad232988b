import { createHash } from 'node:crypto';
import type { Artifact } from '@origin-stack/contract/evidence';
import { readStoredZip } from '@origin-stack/sdk/readStoredZip';
import { verifyPack } from '@origin-stack/sdk/verifyPack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { ledgerDraft } from '../../testing/ledgerDrafts.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestObjects } from '../../testing/openTestObjects.ts';
import { publishSigningKey, readJwks } from '../certificates/signingKeyStore.ts';
import { renderPackContents } from '../evidence/renderPackContents.ts';
import { ingest } from '../ingest/ingest.ts';
import { appendEvents } from '../ledger/appendEvents.ts';
import { verifyLedger } from '../ledger/verifyLedger.ts';
import type { ObjectStore } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { buildPack, failPack } from './buildPack.ts';
import { downloadPack, getPack } from './getPack.ts';
import { requestPack } from './requestPack.ts';

let bed: TestBed;
let tenant: TestTenant;
let store: { objects: ObjectStore; remove(): Promise<void> };
let uploadId: string;
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
  tenant = await bed.newTenant();
  uploadId = (await ingest(bed.ingestDeps(), tenant.actor, ingestRequest())).reply.upload_id;
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

const deps = (objects = store.objects) => ({
  db: bed.worker,
  clock: systemClock,
  ids: randomIds,
  keys: bed.keys.provider,
  objects,
  renderReport: async (input: Parameters<typeof renderPackContents>[0]) =>
    (await renderPackContents(input)).reportPdf,
});
const apiDeps = () => ({ db: bed.api, clock: systemClock, ids: randomIds });
const request = async () => (await requestPack(apiDeps(), tenant.actor, { upload_id: uploadId })).id;
const done = async () => {};
const crash = async () => {
  throw new Error('the process died');
};
const input = (packId: string, finish = done) => ({
  tenantId: tenant.tenantId,
  packId,
  correlationId: 'c',
  finish,
});
const show = (packId: string) => getPack({ db: bed.api }, tenant.actor, packId);
const bytesOf = (artifacts: Artifact[]) =>
  Promise.all(artifacts.map(async ({ storage_key }) => Buffer.from(await store.objects.get(storage_key))));
const readyEvents = (packId: string) =>
  bed
    .owner('ledger_events')
    .where({ tenant_id: tenant.tenantId, event_type: 'evidence.ready' })
    .whereLike('canonical_event_json', `%${packId}%`);

/** Another event of the upload, of a kind that is neither the decision nor a pack. */
async function note(): Promise<string> {
  const draft = ledgerDraft({ type: 'model.loaded', uploadId, body: {} });
  await inTenant(bed.api, tenant.tenantId, (tx) => appendEvents(tx, tenant.tenantId, [draft]));
  return draft.eventId;
}

describe('an evidence pack', () => {
  it('is asked for together with its work, and pending until it is built', async () => {
    const packId = await request();
    expect(await show(packId)).toEqual({ id: packId, upload_id: uploadId, status: 'pending', artifacts: [] });
    const work = await bed.owner('outbox').whereRaw("payload ->> 'pack_id' = ?", [packId]);
    expect(work).toEqual([expect.objectContaining({ name: 'evidence.build', tenant_id: tenant.tenantId })]);
    const download = downloadPack(
      { ...apiDeps(), objects: store.objects, signedUrlTtlSeconds: 60 },
      tenant.actor,
      packId,
    );
    await expect(download).rejects.toMatchObject({ code: 'pack_not_ready', retryAfterSeconds: 1 });
  });

  it('is stored as three artifacts with their hashes and sizes, and verifies by the published keys', async () => {
    const packId = await request();
    await buildPack(deps(), input(packId));
    const pack = await show(packId);
    expect(pack.status).toBe('ready');
    const contents = await bytesOf(pack.artifacts);
    for (const [index, { name, storage_key, sha256, size_bytes }] of pack.artifacts.entries()) {
      expect(storage_key).toBe(`${tenant.tenantId}/${packId}/${name}`);
      expect(size_bytes).toBe(contents[index]!.length);
      expect(sha256).toBe(createHash('sha256').update(contents[index]!).digest('hex'));
    }
    const zip = contents[pack.artifacts.findIndex((one) => one.name === 'pack.zip')]!;
    const verdict = await verifyPack({ zip, jwks: await readJwks(bed.api) });
    expect(verdict).toMatchObject({ ok: true, signerChecked: true, manifest: { pack_id: packId } });
    const events = await readyEvents(packId);
    expect(events).toHaveLength(1);
    expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toMatchObject({ valid: true });
  });

  it('tells every event of its upload until it was begun, but those of packs, and verifies', async () => {
    const packId = await request();
    await buildPack(deps(), input(await request()));
    const appended = await note();
    await expect(buildPack(deps(), input(packId, crash))).rejects.toThrow('the process died');
    await note();
    await buildPack(deps(), input(packId));
    const { artifacts } = await show(packId);
    const zip = await store.objects.get(artifacts.find(({ name }) => name === 'pack.zip')!.storage_key);
    expect(await verifyPack({ zip, jwks: await readJwks(bed.api) })).toMatchObject({ ok: true });
    const entry = readStoredZip(zip).find(({ name }) => name === 'ledger.json');
    const { events } = JSON.parse(Buffer.from(entry!.bytes).toString());
    const told = events.map((event: { canonical_event_json: string }) => {
      const { event_id, event_type } = JSON.parse(event.canonical_event_json);
      return { event_id, event_type };
    });
    expect(told).toEqual([
      { event_id: expect.any(String), event_type: 'decision.created' },
      { event_id: appended, event_type: 'model.loaded' },
    ]);
  });

  it('that a crash interrupted before its effect was recorded gets the same bytes at the same places, and one event', async () => {
    const packId = await request();
    const kept = new Map<string, Buffer>();
    const watched = {
      ...store.objects,
      put: async (object: Parameters<ObjectStore['put']>[0]) => {
        const before = kept.get(object.key);
        if (before) expect(Buffer.from(object.bytes).equals(before)).toBe(true);
        kept.set(object.key, Buffer.from(object.bytes));
        await store.objects.put(object);
      },
    };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(buildPack(deps(watched), input(packId, crash))).rejects.toThrow('the process died');
      expect((await show(packId)).status).toBe('pending');
      expect(await readyEvents(packId)).toEqual([]);
    }
    // A key that is published meanwhile changes nothing of a pack that was begun.
    const jwk = { ...bed.keys.provider.signingKey, kid: `later-${packId}` };
    await publishSigningKey(bed.owner, { jwk, provider: 'local', at: systemClock.now() });
    await buildPack(deps(watched), input(packId));
    await bed.owner('signing_keys').where({ kid: jwk.kid }).delete();
    expect(kept.size).toBe(3);
    expect(await readyEvents(packId)).toHaveLength(1);
    await buildPack(deps(watched), input(packId));
    expect(await readyEvents(packId)).toHaveLength(1);
  });

  it('that an update interrupted, whose report has other bytes, verifies and is what it lists', async () => {
    const packId = await request();
    const before = { ...deps(), renderReport: async () => new TextEncoder().encode('as it was') };
    await expect(buildPack(before, input(packId, crash))).rejects.toThrow('the process died');
    await buildPack(deps(), input(packId));
    const { artifacts } = await show(packId);
    const contents = await bytesOf(artifacts);
    for (const [index, { sha256 }] of artifacts.entries())
      expect(createHash('sha256').update(contents[index]!).digest('hex')).toBe(sha256);
    const zip = contents[artifacts.findIndex(({ name }) => name === 'pack.zip')]!;
    expect(await verifyPack({ zip, jwks: await readJwks(bed.api) })).toMatchObject({ ok: true });
  });

  it('is not ready with a manifest that another version has replaced meanwhile', async () => {
    const packId = await request();
    const overtaken = async () => buildPack(before, input(packId, crash)).catch(() => {});
    const before = { ...deps(), renderReport: async () => new TextEncoder().encode('as it was') };
    const put: ObjectStore['put'] = async (object) => {
      await store.objects.put(object);
      if (object.key.endsWith('evidence.json')) await overtaken();
    };
    await expect(buildPack(deps({ ...store.objects, put }), input(packId))).rejects.toThrow('manifest');
    expect(await show(packId)).toMatchObject({ status: 'pending', artifacts: [] });
  });

  it.each([1, 2, 3])('whose storage fails at object %i is completed by the next run', async (failing) => {
    const packId = await request();
    let puts = 0;
    const put: ObjectStore['put'] = async (object) => {
      puts += 1;
      if (puts === failing) throw new Error('the disk is full');
      await store.objects.put(object);
    };
    await expect(buildPack(deps({ ...store.objects, put }), input(packId))).rejects.toThrow('full');
    expect(await show(packId)).toMatchObject({ status: 'pending', artifacts: [] });
    await buildPack(deps(), input(packId));
    expect(await show(packId)).toMatchObject({ status: 'ready' });
    expect(await readyEvents(packId)).toHaveLength(1);
  });

  it('that two runs build at once is ready once: the run that lost its lease leaves no event', async () => {
    const packId = await request();
    let finished = 0;
    const finish = async () => {
      finished += 1;
      if (finished > 1) throw new Error('lease lost');
    };
    const both = await Promise.allSettled([1, 2].map(() => buildPack(deps(), input(packId, finish))));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readyEvents(packId)).toHaveLength(1);
  });

  it('that is given up is failed, says why, and is not built any more', async () => {
    const packId = await request();
    await bed.owner('webhooks').insert({
      id: randomIds.next(),
      tenant_id: tenant.tenantId,
      url: 'https://example.org',
      events: ['evidence.failed'],
      secret: Buffer.alloc(1),
      created_at: systemClock.now(),
    });
    await failPack(deps(), { ...input(packId), error: 'no' });
    expect(await show(packId)).toEqual({
      id: packId,
      upload_id: uploadId,
      status: 'failed',
      artifacts: [],
      error: 'no',
    });
    const events = await bed.owner('webhook_events').where({ type: 'evidence.failed' });
    expect(events.map((event) => JSON.parse(event.data_json))).toEqual([await show(packId)]);
    await buildPack(deps(), input(packId));
    expect((await show(packId)).status).toBe('failed');
  });

  it('of another tenant, or for another tenant’s upload, is not found', async () => {
    const other = await bed.newTenant();
    const packId = await request();
    await expect(requestPack(apiDeps(), other.actor, { upload_id: uploadId })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(getPack({ db: bed.api }, other.actor, packId)).rejects.toMatchObject({ code: 'not_found' });
  });
});
