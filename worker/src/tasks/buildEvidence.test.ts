import { renderPackContents } from '@origin-stack/core/domain/evidence/renderPackContents';
import { getPack } from '@origin-stack/core/domain/evidencePacks/getPack';
import { requestPack } from '@origin-stack/core/domain/evidencePacks/requestPack';
import { ingest } from '@origin-stack/core/domain/ingest/ingest';
import { createLog } from '@origin-stack/core/infra/log';
import { createMetrics } from '@origin-stack/core/infra/metrics';
import { randomIds } from '@origin-stack/core/infra/randomIds';
import { connectRedis } from '@origin-stack/core/infra/redis';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { openTestBed, type TestBed, type TestTenant } from '@origin-stack/core/testing/openTestBed';
import { openTestObjects } from '@origin-stack/core/testing/openTestObjects';
import { eventually } from '@origin-stack/testkit/eventually';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startRunner } from '../runner.ts';
import { type BuildEvidenceDeps, buildEvidence } from './buildEvidence.ts';

let bed: TestBed;
let tenant: TestTenant;
let store: Awaited<ReturnType<typeof openTestObjects>>;
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
  tenant = await bed.newTenant();
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

/** A worker that builds packs, on a real queue. */
async function startWorker() {
  const log = createLog({ service: 'worker', level: 'silent' });
  const metrics = createMetrics('worker');
  const redisUrl = await testRedisUrl();
  const redis = connectRedis({ url: redisUrl, name: 'origin-worker', log, tls: undefined });
  const deps: BuildEvidenceDeps = {
    db: bed.worker,
    clock: systemClock,
    ids: randomIds,
    keys: bed.keys.provider,
    objects: store.objects,
    log,
    metrics,
    renderReport: async (input) => (await renderPackContents(input)).reportPdf,
  };
  const runner = await startRunner({
    ...deps,
    redisUrl,
    redis,
    concurrency: 2,
    deps,
    tasks: [buildEvidence],
  });
  onTestFinished(async () => {
    await runner.stop();
    await redis.close();
  });
  return metrics;
}

it('fails a pack of rows that contradict their proof at once, says which, counts it, and builds the next one of good rows', async () => {
  const { reply } = await ingest(bed.ingestDeps(), tenant.actor, ingestRequest());
  const upload = bed.owner('uploads').where({ id: reply.upload_id });
  await upload.clone().update({ decision: 'reject' });
  const deps = { db: bed.api, clock: systemClock, ids: randomIds };
  const ask = async () => (await requestPack(deps, tenant.actor, { upload_id: reply.upload_id })).id;
  const ended = (id: string) =>
    eventually(
      async () => {
        const pack = await getPack(deps, tenant.actor, id);
        expect(pack.status).not.toBe('pending');
        return pack;
      },
      { deadlineMs: 40_000 },
    );

  const metrics = await startWorker();
  const refused = await ask();
  expect(await ended(refused)).toEqual({
    id: refused,
    upload_id: reply.upload_id,
    status: 'failed',
    artifacts: [],
    error: "The upload's stored decision and its proof contradict each other.",
  });
  const [work] = await bed.owner('outbox').whereRaw("payload ->> 'pack_id' = ?", [refused]);
  expect(work).toMatchObject({ attempts: 1, done_at: expect.anything() });
  expect(await metrics.scrape()).toMatch(/^evidence_mismatches_total\{.*\} 1$/m);

  await upload.clone().update({ decision: reply.decision });
  expect(await ended(await ask())).toMatchObject({ status: 'ready' });
  expect(await metrics.scrape()).toMatch(/^evidence_mismatches_total\{.*\} 1$/m);
}, 90_000);
