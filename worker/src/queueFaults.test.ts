import type { Log } from '@origin-stack/core/infra/log';
import { startProxy } from '@origin-stack/core/testing/startProxy';
import { eventually } from '@origin-stack/testkit/eventually';
import { sayToRedis } from '@origin-stack/testkit/redis';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { noteAndFinish, openRunnerBed, probeTask, type RunnerBed } from './test/openRunnerBed.ts';

const SOON = { deadlineMs: 20_000 };
/** What is promised: the work goes on within this time of the fault's end. */
const GOES_ON = { deadlineMs: 30_000 };
const NOBODY = ['127.0.0.1', '1'];

let bed: RunnerBed;
beforeAll(async () => {
  bed = await openRunnerBed();
});
afterAll(() => bed.close());

const acts = probeTask((context, packId) => noteAndFinish(context, packId, 'done'));

async function startServer() {
  const server = await startTestRedis();
  onTestFinished(server.stop);
  return { url: server.url, say: (...words: string[]) => sayToRedis(server.url, ...words) };
}

/** A runner that has done work, and what it warned of since. */
async function startRunner(redisUrl: string) {
  const warnings: string[] = [];
  const note = () => {};
  const warn = (_: object, message: string) => void warnings.push(message);
  const log: Log = { debug: note, info: note, warn, error: note, child: () => log };
  const runner = await bed.startRunner(redisUrl, acts, 4, { log });
  onTestFinished(() => runner.stop());
  await allDone(await bed.add(3));
  warnings.length = 0;
  return { warnings };
}

const allDone = (ids: string[]) =>
  eventually(async () => expect(await bed.effects(ids)).toEqual(ids.toSorted()), GOES_ON);

const REFUSES = 'the queue refuses work: it is opened again';
const untilRefused = (warnings: string[]) => eventually(() => expect(warnings).toContain(REFUSES), SOON);

describe('the runner', { timeout: 120_000 }, () => {
  it('goes on after SCRIPT FLUSH, however often', async () => {
    const server = await startServer();
    await startRunner(server.url);
    for (let time = 0; time < 3; time += 1) {
      await server.say('SCRIPT', 'FLUSH');
      await allDone(await bed.add(30));
    }
  });

  it.each([
    ['is read-only', ['REPLICAOF', ...NOBODY], ['REPLICAOF', 'NO', 'ONE']],
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    [
      'misses its replicas',
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
    ],
  ])('says once that Redis takes no work since it %s, and goes on when it does', async (_, spoil, mend) => {
    const server = await startServer();
    const { warnings } = await startRunner(server.url);
    await server.say(...spoil);
    const ids = await bed.add(20);
    await untilRefused(warnings);
    const before = await bed.failures();
    await eventually(async () => expect(await bed.failures()).toBeGreaterThan(before), {
      deadlineMs: 20_000,
    });
    expect(await bed.effects(ids)).toEqual([]);
    // What was not taken is nobody's: nothing waits for a lease to run out.
    await eventually(async () => {
      const rows = await Promise.all(ids.map((id) => bed.row(id)));
      expect(rows.map((row) => row.lease_until)).toEqual(ids.map(() => null));
    }, SOON);
    await server.say(...mend);
    await allDone(ids);
    expect(warnings.filter((one) => one === REFUSES)).toEqual([REFUSES]);
  });

  it('goes on where its connections stay with a server that was demoted, and new ones reach another', async () => {
    const [old, fresh] = await Promise.all([startServer(), startServer()]);
    await fresh.say('CONFIG', 'SET', 'requirepass', new URL(old.url).password);
    const proxy = await startProxy(old.url);
    onTestFinished(proxy.stop);
    const { warnings } = await startRunner(proxy.url);
    proxy.leadTo(fresh.url);
    await old.say('REPLICAOF', ...NOBODY);
    await allDone(await bed.add(20));
    expect(warnings).toContain(REFUSES);
  });

  it('goes on where its connections lead nowhere, and new ones work', async () => {
    const server = await startServer();
    const proxy = await startProxy(server.url);
    onTestFinished(proxy.stop);
    await startRunner(proxy.url);
    proxy.swallow();
    const ids = await bed.add(20);
    await eventually(async () => expect(await bed.effects(ids)).not.toEqual([]), GOES_ON);
    // The server gave a few to the dead connections: those come back by their leases.
    await eventually(async () => {
      await bed.expireLeases();
      expect(await bed.effects(ids)).toEqual(ids.toSorted());
    }, GOES_ON);
  });
});
