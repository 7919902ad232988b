import { eventually } from '@origin-stack/testkit/eventually';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { suspend } from '@origin-stack/testkit/suspend';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import Bull from 'bull';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteAndFinish, openRunnerBed, probeTask, type RunnerBed } from './test/openRunnerBed.ts';

const SLOW = { deadlineMs: 20_000 };

let bed: RunnerBed;
beforeAll(async () => {
  bed = await openRunnerBed();
});
afterAll(() => bed.close());

const acts = probeTask((context, packId) => noteAndFinish(context, packId, 'done'));
const allDone = (ids: string[]) =>
  eventually(async () => {
    expect(await bed.effects(ids)).toEqual(ids.toSorted());
  }, SLOW);

/** A promise that the test settles. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('the runner', () => {
  it('does each piece of work once, with two runners on one queue', async () => {
    const redisUrl = await testRedisUrl();
    const runners = await Promise.all([bed.startRunner(redisUrl, acts), bed.startRunner(redisUrl, acts)]);
    const ids = await bed.add(120);
    await allDone(ids);
    await Promise.all(runners.map((runner) => runner.stop()));
    expect(await bed.effects(ids)).toHaveLength(120);
  });

  it('acts once where Bull runs a job twice', async () => {
    const redisUrl = await testRedisUrl();
    const busy = gate();
    let runs = 0;
    const task = probeTask(async (context, packId) => {
      runs += 1;
      await busy.opened;
      await noteAndFinish(context, packId, 'done');
    });
    const runner = await bed.startRunner(redisUrl, task);
    const ids = await bed.add(1);
    await eventually(() => runs === 1);
    const queue = new Bull('work', redisUrl, { prefix: 'bull' });
    const [active] = await queue.getActive();
    const fencedBefore = await fenced();
    for (const jobId of ['twice', 'thrice']) await queue.add(active!.data, { jobId });
    await eventually(async () => (await fenced()) === fencedBefore + 2);
    busy.open();
    await allDone(ids);
    expect(runs).toBe(1);
    await queue.close();
    await runner.stop();
  });

  it('tries a task that throws again after its backoff, and gives up after the last attempt, once', async () => {
    const redisUrl = await testRedisUrl();
    const startedMs: number[] = [];
    const task = probeTask(
      async () => {
        startedMs.push(Date.now());
        throw new Error('no luck');
      },
      { maxAttempts: 3, backoffMs: (attempt) => attempt * 150 },
    );
    const runner = await bed.startRunner(redisUrl, task);
    const [id] = await bed.add(1);
    await eventually(async () => {
      expect(await bed.row(id!)).toMatchObject({ attempts: 3, done_at: expect.any(String) });
    }, SLOW);
    await runner.stop();
    expect(startedMs).toHaveLength(3);
    expect(startedMs[1]! - startedMs[0]!).toBeGreaterThanOrEqual(150);
    expect(startedMs[2]! - startedMs[1]!).toBeGreaterThanOrEqual(300);
    expect(await bed.owner('effects').where({ pack_id: id })).toEqual([{ pack_id: id, note: 'gave up' }]);
  });

  it('says what the last failure was, and takes a task that ends without an end for failed', async () => {
    const redisUrl = await testRedisUrl();
    const runner = await bed.startRunner(
      redisUrl,
      probeTask(async () => {}, { backoffMs: () => 60_000 }),
    );
    const [id] = await bed.add(1);
    await eventually(async () => {
      const row = await bed.row(id!);
      expect(row).toMatchObject({
        attempts: 1,
        running: null,
        last_error: expect.stringContaining('without an end'),
      });
    }, SLOW);
    await runner.stop();
    await bed.owner('outbox').where({ id }).delete();
  });

  it('gives up work whose runs all died without a word, and does not run it again', async () => {
    let runs = 0;
    const task = probeTask(async (context, packId) => {
      runs += 1;
      await noteAndFinish(context, packId, 'done');
    });
    const [id] = await bed.add(1);
    await bed.owner('outbox').where({ id }).update({ attempts: 3 });
    const runner = await bed.startRunner(await testRedisUrl(), task);
    await eventually(async () => (await bed.effects([id!])).length === 1, SLOW);
    await runner.stop();
    expect(runs).toBe(0);
    expect(await bed.owner('effects').where({ pack_id: id })).toEqual([{ pack_id: id, note: 'gave up' }]);
  });

  it('aborts a task at its timeout, and what it does later has no effect', async () => {
    const redisUrl = await testRedisUrl();
    const late = gate();
    const outcomes: unknown[] = [];
    let runs = 0;
    const task = probeTask(
      async (context, packId) => {
        runs += 1;
        if (runs > 1) return noteAndFinish(context, packId, 'second');
        await late.opened;
        expect(context.signal.aborted).toBe(true);
        await noteAndFinish(context, packId, 'late').catch((error) => outcomes.push(error.name));
      },
      { timeoutMs: 300 },
    );
    const runner = await bed.startRunner(redisUrl, task);
    const ids = await bed.add(1);
    await allDone(ids);
    late.open();
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toEqual(['LeaseLostError']);
    expect(await bed.owner('effects').whereIn('pack_id', ids).select('note')).toEqual([{ note: 'second' }]);
    await runner.stop();
  });

  it('lets what runs end when it is stopped, and begins nothing more', async () => {
    const redisUrl = await testRedisUrl();
    const busy = gate();
    let runs = 0;
    const task = probeTask(async (context, packId) => {
      runs += 1;
      await busy.opened;
      await noteAndFinish(context, packId, 'done');
    });
    const runner = await bed.startRunner(redisUrl, task, 1);
    const ids = await bed.add(2);
    await eventually(() => runs === 1);
    let isStopped = false;
    const stopping = runner.stop().then(() => {
      isStopped = true;
    });
    expect(isStopped).toBe(false);
    busy.open();
    await stopping;
    expect(await bed.effects(ids)).toHaveLength(1);
    expect(runs).toBe(1);
    await bed.expireLeases();
    const next = await bed.startRunner(redisUrl, acts);
    await allDone(ids);
    await next.stop();
  });

  it('goes on elsewhere when the worker that had the work is gone', async () => {
    const redisUrl = await testRedisUrl();
    const busy = gate();
    let runs = 0;
    const hangs = probeTask(async (context, packId) => {
      runs += 1;
      await busy.opened;
      await noteAndFinish(context, packId, 'zombie').catch(() => {});
    });
    const dying = await bed.startRunner(redisUrl, hangs, 1);
    const ids = await bed.add(1);
    await eventually(() => runs === 1);
    const stopped = dying.stop();
    await bed.expireLeases();
    const other = await bed.startRunner(await testRedisUrl(), acts);
    await allDone(ids);
    busy.open();
    await stopped;
    expect(await bed.owner('effects').whereIn('pack_id', ids).select('note')).toEqual([{ note: 'done' }]);
    await other.stop();
  });

  it('hands out only what there is room for, so that a backlog does not grow in the queue', async () => {
    const redisUrl = await testRedisUrl();
    const queue = new Bull('work', redisUrl, { prefix: 'bull' });
    let mostWaiting = 0;
    const task = probeTask(async (context, packId) => {
      mostWaiting = Math.max(mostWaiting, await queue.getWaitingCount());
      await noteAndFinish(context, packId, 'done');
    });
    const runner = await bed.startRunner(redisUrl, task, 4);
    const ids = await bed.add(300);
    await allDone(ids);
    expect(mostWaiting).toBeGreaterThan(0);
    expect(mostWaiting).toBeLessThanOrEqual(8);
    await runner.stop();
    await queue.close();
  });

  it('opens the queue again where work waits and none of it is given out', async () => {
    const server = await startTestRedis();
    const other = new Bull('work', server.url, { prefix: 'bull' });
    await other.pause();
    const blocked = async () => {
      const list = String(await other.client.client('LIST'));
      return list
        .split('\n')
        .filter((line) => /cmd=(brpoplpush|blmove)/.test(line))
        .map((line) => line.split(' ')[0]);
    };
    const runner = await bed.startRunner(server.url, acts, 2, { stallMs: 500 });
    const before = await eventually(async () => {
      const ids = await blocked();
      return ids.length > 0 && ids;
    }, SLOW);
    const ids = await bed.add(3);
    await eventually(async () => {
      const now = await blocked();
      expect(now.length).toBeGreaterThan(0);
      expect(now.some((id) => (before as string[]).includes(id ?? ''))).toBe(false);
    }, SLOW);
    await other.resume();
    await allDone(ids);
    await runner.stop();
    await other.close();
    await server.stop();
  });

  it('asks a Redis that hangs a few times, then rests, and does what waited when it goes on', async () => {
    const server = await startTestRedis();
    const runner = await bed.startRunner(server.url, acts);
    const before = await bed.add(1);
    await allDone(before);
    const { breaker } = runner.redis;
    await suspend(server.pid);
    try {
      await eventually(() => breaker.state() === 'open', SLOW);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await allDone(await bed.add(3));
    expect(breaker.state()).toBe('closed');
    await runner.stop();
    await server.stop();
  });

  it('loses nothing when Redis is emptied under it', async () => {
    const server = await startTestRedis();
    const busy = gate();
    const task = probeTask(async (context, packId) => {
      await busy.opened;
      await noteAndFinish(context, packId, 'done');
    });
    const runner = await bed.startRunner(server.url, task, 1);
    const queue = new Bull('work', server.url, { prefix: 'bull' });
    const ids = await bed.add(40);
    await eventually(async () => (await queue.getWaitingCount()) === 2, SLOW);
    await queue.client.flushall();
    expect(await queue.getWaitingCount()).toBe(0);
    busy.open();
    await eventually(async () => (await bed.effects(ids)).length === 1, SLOW);
    await bed.expireLeases();
    await allDone(ids);
    await queue.close();
    await runner.stop();
    await server.stop();
  });
});

/** Runs that found their work taken, as the metric counts them. */
async function fenced(): Promise<number> {
  const text = await bed.metrics.scrape();
  return Number(/task_runs_total\{[^}]*outcome="fenced"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
}
