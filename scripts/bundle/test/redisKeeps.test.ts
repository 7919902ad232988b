import { randomUUID } from 'node:crypto';
import { eventually } from '@origin-stack/testkit/eventually';
import { expect, test } from 'vitest';
import { composeArgv, mustDocker } from '../compose.ts';
import { redisCli } from '../redisCli.ts';
import { inspectService } from './containerFaults.ts';
import { askPublic } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const HEAL = { deadlineMs: 60_000, pollMs: 250 };

/** As the API asks: each line is a command, and each line of the answer its reply. */
async function askRedis(bundle: TheBundle, ...commands: string[]): Promise<string[]> {
  const password = (await bundle.secret('api/redis-password')).trim();
  const { id } = await inspectService(bundle, 'redis');
  const argv = ['exec', '--interactive', '--env', `REDISCLI_AUTH=${password}`, id, ...redisCli('api')];
  return (await mustDocker(argv, { input: `${commands.join('\n')}\n` })).trim().split('\n');
}

/** Of the file that grows. */
const APPEND_ZEROS = `
  file=$(sed -n 's/^file \\([^ ]*\\) seq [0-9]* type i.*/\\1/p' /data/appendonlydir/appendonly.aof.manifest | tail -n 1)
  head -c 5000 /dev/zero >>"/data/appendonlydir/$file"`;

/** What a host that lost power leaves: Redis never starts over these by itself. */
async function losePower(bundle: TheBundle): Promise<void> {
  const { id } = await inspectService(bundle, 'redis');
  await mustDocker(['kill', id]);
  const [volume, image] = [
    `${bundle.settings.COMPOSE_PROJECT_NAME}_redis-data:/data`,
    `origin-stack/redis:${bundle.settings.ORIGIN_TAG_REDIS}`,
  ];
  const alone = ['run', '--rm', '--network', 'none', '--volume', volume, '--entrypoint', 'sh', image];
  await mustDocker([...alone, '-c', APPEND_ZEROS]);
  await mustDocker(composeArgv(bundle.dir, 'start', 'redis'));
}

test.each([
  ['it restarts', (bundle: TheBundle) => mustDocker(composeArgv(bundle.dir, 'restart', 'redis'))],
  ['its file ends in zeros after a power cut', losePower],
])('Redis forgets no transaction when %s', async (_, fault) => {
  const bundle = await theBundle();
  const [one, other, value] = [`app:test:${randomUUID()}`, `app:test:${randomUUID()}`, randomUUID()];
  const set = (key: string) => `SET ${key} ${value} EX 600`;
  expect(await askRedis(bundle, 'MULTI', set(one), set(other), 'EXEC')).toContain('QUEUED');
  await fault(bundle);
  await eventually(
    async () => expect(await askRedis(bundle, `GET ${one}`, `GET ${other}`)).toEqual([value, value]),
    HEAL,
  );
  // For the tests after this one.
  await eventually(async () => expect((await askPublic(bundle)('/ready')).status).toBe(200), HEAL);
});
