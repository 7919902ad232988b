import type { OriginClient } from '@origin-stack/sdk';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, test } from 'vitest';
import { composeArgv, mustDocker } from '../compose.ts';
import { inspectService, killFirstProcess } from './containerFaults.ts';
import { type Answered, publicLoad } from './publicLoad.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const HEAL = { deadlineMs: 120_000, pollMs: 250 };
const TIMEOUT_MS = 300_000;
const REPLICAS = ['api-a', 'api-b'];
let bundle: TheBundle;
let client: OriginClient;

beforeAll(async () => {
  bundle = await theBundle();
  client = await testClient(bundle);
});

const underLoad = async (work: () => Promise<void>) =>
  await publicLoad(bundle, await bundle.secret('operator/test-key'), work);
const isHealthy = (service: string) =>
  eventually(async () => {
    expect(await inspectService(bundle, service)).toMatchObject({ health: 'healthy' });
  }, HEAL);

/** No request failed, every accepted upload is there, and the ledger has no gap. */
async function expectNothingLost({ accepted, failures }: Answered) {
  expect(failures).toEqual({});
  for (const [externalId, uploadId] of accepted) {
    expect(await client.getUpload(uploadId)).toMatchObject({ external_id: externalId });
  }
  expect(await client.verifyLedger()).toMatchObject({ valid: true });
}

test(
  'a reload of nginx loses no request',
  async () => {
    const nginx = (...args: string[]) =>
      composeArgv(bundle.dir, 'exec', '-T', 'nginx', 'nginx', '-c', '/etc/origin/nginx.conf', ...args);
    const answered = await underLoad(async () => {
      for (let count = 0; count < 5; count += 1) await mustDocker(nginx('-s', 'reload'));
    });
    await expectNothingLost(answered);
  },
  TIMEOUT_MS,
);

test(
  'no ingest fails when a replica is killed, and it comes back by itself',
  async () => {
    const answered = await underLoad(async () => {
      const before = await killFirstProcess(bundle, 'api-a');
      await eventually(async () => {
        const after = await inspectService(bundle, 'api-a');
        expect(after.startedAt).not.toBe(before.startedAt);
        expect(after).toMatchObject({ id: before.id, health: 'healthy' });
      }, HEAL);
    });
    await expectNothingLost(answered);
  },
  TIMEOUT_MS,
);

test(
  'no request fails while one replica after the other is replaced',
  async () => {
    const before = await Promise.all(REPLICAS.map((name) => inspectService(bundle, name)));
    const answered = await underLoad(async () => {
      for (const replica of REPLICAS) {
        await mustDocker(composeArgv(bundle.dir, 'up', '--detach', '--force-recreate', '--no-deps', replica));
        await isHealthy(replica);
      }
    });
    const after = await Promise.all(REPLICAS.map((name) => inspectService(bundle, name)));
    expect(new Set([...before, ...after].map(({ id }) => id)).size).toBe(4);
    await expectNothingLost(answered);
  },
  TIMEOUT_MS,
);
