import { claimWork, releaseClaims } from '@origin-stack/core/domain/outbox/outboxStore';
import type { Db } from '@origin-stack/core/domain/ports';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { describeError } from '@origin-stack/core/infra/log';
import type { Redis } from '@origin-stack/core/infra/redis';
import type { TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { keepQueue } from './keepQueue.ts';
import { startRelay } from './relay.ts';
import { type RunDeps, runTask } from './runTask.ts';
import type { AnyTask, Task } from './task.ts';
import type { Job } from './workQueue.ts';

/** How long a hand-out may lie in the queue before it is handed out again. */
const ENQUEUED_LEASE_SECONDS = 20;
/** How many jobs may wait in the queue for each that can run: more would lie there longer than their lease. */
const WAITING_PER_SLOT = 2;
const STALL_MS = 15_000;

export interface RunnerOptions<D> extends RunDeps<D> {
  redisUrl: string;
  /** Tells whether the server of that URL answers, behind a breaker. */
  redis: Pick<Redis, 'ping'>;
  /** For a URL that begins with `rediss:`. */
  tls?: TlsIdentity | undefined;
  concurrency: number;
  tasks: AnyTask<D>[];
  /** How long waiting work may go untaken by an idle worker before the queue is opened again. */
  stallMs?: number;
}

export interface Runner {
  /** Hands out no more, lets what runs end, and closes. */
  stop(): Promise<void>;
}

/**
 * Runs the outbox: due rows are claimed, go through the queue to a worker that has room, and end when their effect is
 * recorded. No more is claimed than there is room for: what lay in the queue longer than its lease would be claimed
 * again and again. The queue may run a job twice or lose it: the claim and the run in the row decide who may act, and a
 * lease that has run out brings the work back. What the queue does not take is given back at once.
 */
export async function startRunner<D>(options: RunnerOptions<D>): Promise<Runner> {
  const { db, log, stallMs = STALL_MS } = options;
  const kept = keepQueue({ ...options, run: runJobs(options) });
  const relay = startRelay(async () => {
    const queue = kept.current();
    // The queue's client knows no breaker: it is asked where the one behind ours lets calls through, and they are answered.
    if (!queue || !(await answers(options.redis))) return false;
    let waiting: number;
    try {
      waiting = await queue.countWaiting();
    } catch (error) {
      kept.refused(error);
      return false;
    }
    if (queue.isStalled(waiting, stallMs)) {
      kept.stalled(waiting);
      return false;
    }
    const room = options.concurrency * WAITING_PER_SLOT - waiting;
    if (room <= 0) return false;
    const claimed = await claimWork(db, room, ENQUEUED_LEASE_SECONDS);
    if (claimed.length === 0) return false;
    const refused = await queue.add(
      claimed.map(({ tenant_id: tenantId, ...work }) => ({ ...work, tenantId })),
    );
    if (refused) {
      kept.refused(refused.error);
      await giveBack(db, refused.jobs);
      return false;
    }
    kept.took();
    return claimed.length === room;
  }, log);
  return {
    async stop() {
      await relay.stop();
      await kept.close();
    },
  };
}

/** Who watches the connection says what is wrong with it. */
const answers = (redis: Pick<Redis, 'ping'>): Promise<boolean> =>
  redis.ping().then(
    () => true,
    () => false,
  );

/** A job that fails outside of its task is left to its lease. */
function runJobs<D>(options: RunnerOptions<D>): (job: Job) => Promise<void> {
  const tasks = new Map(options.tasks.map((task) => [task.name, task as Task<never, D>]));
  return async (job) => {
    try {
      const task = tasks.get(job.name);
      if (!task) throw new Error(`no task is called ${job.name}`);
      await runTask(options, task, job);
    } catch (error) {
      const { id, tenantId, name } = job;
      options.log.warn(
        { err: describeError(error), task: name, work_id: id, tenant_id: tenantId },
        'a run ended without an end',
      );
    }
  };
}

async function giveBack(db: Db, jobs: Job[]): Promise<void> {
  const byTenant = Map.groupBy(jobs, ({ tenantId }) => tenantId);
  for (const [tenantId, claims] of byTenant)
    await inTenant(db, tenantId, (tx) => releaseClaims(tx, { tenantId, claims }));
}
