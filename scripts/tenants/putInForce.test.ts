import { openKeyMarks } from '@origin-stack/core/infra/keyMarks';
import { createLog } from '@origin-stack/core/infra/log';
import { connectRedis, type Redis } from '@origin-stack/core/infra/redis';
import { eventually } from '@origin-stack/testkit/eventually';
import { suspend } from '@origin-stack/testkit/suspend';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProgress } from '../lib/progress.ts';
import { putInForce } from './putInForce.ts';

const log = createLog({ service: 'test', level: 'silent' });
const PREFIXES = ['aaaaaaaa', 'bbbbbbbb'];
const CHANGE = { prefixes: PREFIXES, what: 'the revocation of ok_live_aaaaaaaa' };
let server: Awaited<ReturnType<typeof startTestRedis>>;
let redis: Redis;
let said: string;
let interruption: AbortController;

beforeEach(async () => {
  server = await startTestRedis();
  redis = connectRedis({ url: server.url, name: 'test', log });
  said = '';
  interruption = new AbortController();
});
afterEach(async () => {
  await redis.close();
  await server.stop();
});

const write = (text: string) => {
  said += text;
};
const progress = createProgress({ write, live: false, color: false });
const put = (rememberedMs: number) =>
  putInForce(
    { redis, markSlackSeconds: 600 },
    { ...CHANGE, rememberedMs },
    { progress, signal: interruption.signal },
  );

const connected = () => eventually(() => redis.isReady());

async function send(...words: string[]): Promise<void> {
  const admin = await createClient({ url: server.url }).connect();
  await admin.sendCommand(words);
  admin.destroy();
}

const STATES = [
  { state: 'is a read-only replica', enter: () => send('REPLICAOF', '127.0.0.1', '1'), why: 'READONLY' },
  { state: 'is out of memory', enter: () => send('CONFIG', 'SET', 'maxmemory', '1'), why: 'OOM' },
  {
    state: 'misses its replicas',
    enter: () => send('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    why: 'NOREPLICAS',
  },
  {
    state: 'hangs',
    enter: () => suspend(server.pid),
    leave: () => process.kill(server.pid, 'SIGCONT'),
    why: 'redis did not answer within 500 ms',
  },
  {
    state: 'is away',
    async enter() {
      process.kill(server.pid, 'SIGKILL');
      await eventually(() => !redis.isReady());
    },
    why: 'client',
  },
];

describe('a change of keys', () => {
  it('takes effect at once where Redis takes the marks, also where the connection is not there yet', async () => {
    await put(60_000);
    expect(said).toBe('');
    const marks = openKeyMarks(redis, 600);
    for (const prefix of PREFIXES) expect(await marks.read(prefix)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(STATES)(
    'is waited for while Redis $state, and who waits is told why and until when',
    async ({ enter, leave, why }) => {
      await connected();
      await enter();
      const startMs = performance.now();
      const startedAt = Date.now();
      await put(3_000).finally(() => leave?.());
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(3_000);
      expect(said).toContain(`${CHANGE.what} is committed, but Redis does not take its mark: `);
      expect(said.toLowerCase()).toContain(why.toLowerCase());
      const until = /may use what they remember until (\S+):/.exec(said)?.[1] ?? '';
      expect(Date.parse(until)).toBeGreaterThanOrEqual(startedAt + 2_000);
      expect(said).toContain('no process remembers the keys any more');
    },
  );

  it('takes effect as soon as Redis takes the marks after all', async () => {
    await connected();
    await send('CONFIG', 'SET', 'maxmemory', '1');
    const done = put(600_000);
    await eventually(() => said.includes('at most 600 s'));
    await send('CONFIG', 'SET', 'maxmemory', '0');
    await done;
    expect(said).toContain('Redis took the mark');
    expect(await openKeyMarks(redis, 600).read('aaaaaaaa')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that nobody waits for is said to take effect later, with what to type', async () => {
    await connected();
    await send('REPLICAOF', '127.0.0.1', '1');
    const done = put(600_000);
    const refused = expect(done).rejects.toMatchObject({
      exitCode: 130,
      message: expect.stringMatching(
        /^interrupted: .+ is committed, and takes effect everywhere only at 20\S+Z$/,
      ),
      why: expect.stringContaining('READONLY'),
      next: 'run the same command again to wait for it',
    });
    await eventually(() => said.includes('at most 600 s'));
    interruption.abort();
    await refused;
  });
});
