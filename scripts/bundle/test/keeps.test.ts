import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { beforeAll, expect, test } from 'vitest';
import { mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { stackOf } from './stack.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const TIMEOUT_MS = 600_000;
let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
});

/** The containers that stay, with when each began. */
async function running() {
  const containers = (await listContainers(bundle.dir)).filter(({ service }) => service !== 'migrate');
  const format = '{{.Id}} {{.State.StartedAt}}';
  return (await mustDocker(['inspect', '--format', format, ...containers.map(({ id }) => id)]))
    .trim()
    .split('\n');
}

test(
  'a second up changes nothing',
  async () => {
    // The first brings what was changed by hand, or by another test, to what the Compose file says.
    expect(await stack('up')).toMatchObject({ code: 0 });
    const before = await running();
    const again = await stack('up', '--json');
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ url: bundle.url });
    expect(await running()).toEqual(before);
  },
  TIMEOUT_MS,
);

test(
  'everything is there again after down and up',
  async () => {
    const client = await testClient(bundle);
    const replies = [await client.ingest(ingestRequest()), await client.ingest(ingestRequest())];
    const certificates = await Promise.all(
      replies.map(({ certificate_id: id }) => client.getCertificate(id)),
    );
    const jwks = await client.getJwks();
    expect(await stack('down')).toMatchObject({ code: 0 });
    expect(await listContainers(bundle.dir)).toEqual([]);
    const up = await stack('up');
    expect(up.code, up.stderr).toBe(0);
    const fresh = await testClient(bundle);
    for (const [index, { certificate_id: id, upload_id }] of replies.entries()) {
      expect(await fresh.getCertificate(id)).toEqual(certificates[index]);
      expect(await fresh.getUpload(upload_id)).toMatchObject({ upload_id });
    }
    expect(await fresh.getJwks()).toEqual(jwks);
    expect(await fresh.verifyLedger()).toMatchObject({ valid: true });
  },
  TIMEOUT_MS,
);
