import { afterAll, beforeAll, expect, it } from 'vitest';
import { mustDocker } from '../compose.ts';
import { inspectService } from './containerFaults.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle, wellBundle } from './theBundle.ts';

/** Until now it was four minutes, which wait for what does not come. */
const BOUND_MS = 120_000;
const MANIFEST = '/data/appendonlydir/appendonly.aof.manifest';

let bundle: TheBundle;
/** In the data of Redis, whether it runs or not. */
const inData = (script: string) =>
  mustDocker([
    ...['run', '--rm', '--network', 'none', '--entrypoint', 'sh'],
    ...['--volume', `${bundle.settings.COMPOSE_PROJECT_NAME}_redis-data:/data`],
    ...[`origin-stack/redis:${bundle.settings.ORIGIN_TAG_REDIS}`, '-c', script],
  ]);

beforeAll(async () => {
  bundle = await theBundle();
  const { id } = await inspectService(bundle, 'redis');
  await mustDocker(['kill', id]);
  await inData(`cp -p ${MANIFEST} /data/manifest.kept && echo nothing that Redis knows >${MANIFEST}`);
});
afterAll(async () => {
  await inData(`mv /data/manifest.kept ${MANIFEST}`);
  await mustDocker(['restart', (await inspectService(bundle, 'redis')).id]);
  await wellBundle();
}, 300_000);

it('a container that ends again and again ends up, with its own last words', async () => {
  const begunMs = performance.now();
  const up = await stackOf(bundle)('up');
  expect(performance.now() - begunMs).toBeLessThan(BOUND_MS);
  expect(up).toMatchObject({ code: 3, stdout: '' });
  expect(up.stderr).toMatch(/not well: .*redis/);
  expect(up.stderr).toMatch(/manifest/);
  expect(up.stderr).not.toMatch(/\n\s+at /);
}, 300_000);
