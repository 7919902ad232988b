import { randomUUID } from 'node:crypto';
import type { OriginClient } from '@origin-stack/sdk';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, test } from 'vitest';
import { mustDocker } from '../compose.ts';
import { reloadNginx } from '../nginxReload.ts';
import { inspectService, killFirstProcess } from './containerFaults.ts';
import { type Answered, type LoadOptions, publicLoad } from './publicLoad.ts';
import { stackOf } from './stack.ts';
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

const underLoad = async (work: () => Promise<void>, options: LoadOptions = {}) =>
  await publicLoad(bundle, await bundle.secret('operator/test-key'), work, options);
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
    const answered = await underLoad(async () => {
      for (let count = 0; count < 5; count += 1) await reloadNginx(bundle.dir);
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

/** Gives the product's image another layer, as a change of the API would; the tag names it until it is given back. */
async function changeImage(tag: string): Promise<() => Promise<void>> {
  const before = (await mustDocker(['image', 'inspect', '--format', '{{.Id}}', tag])).trim();
  const dockerfile = `FROM ${tag}\nLABEL origin.test=${randomUUID()}\n`;
  await mustDocker(['build', '--quiet', '--tag', tag, '-'], { input: dockerfile });
  return async () => void (await mustDocker(['tag', before, tag]));
}

test(
  'no request fails while ./stack up brings in a new image',
  async () => {
    const stack = stackOf(bundle);
    const ids = async () =>
      (await Promise.all(REPLICAS.map((name) => inspectService(bundle, name)))).map(({ id }) => id);
    const before = await ids();
    const giveBack = await changeImage(`origin-stack/app:${bundle.settings.ORIGIN_TAG_APP}`);
    try {
      const answered = await underLoad(
        async () => {
          const up = await stack('up');
          expect(up.code, up.stderr).toBe(0);
        },
        { withOthers: true },
      );
      expect(answered.others).toBeGreaterThan(40);
      expect(new Set([...before, ...(await ids())]).size).toBe(4);
      await expectNothingLost(answered);
    } finally {
      await giveBack();
      expect(await stack('up')).toMatchObject({ code: 0 });
    }
  },
  TIMEOUT_MS,
);
