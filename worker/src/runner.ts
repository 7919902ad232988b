import { JOBS } from '@origin-stack/contract/jobs';
import {
  type ClaimedWork,
  claimWork,
  finishRun,
  type RunKey,
  retryRun,
  startRun,
} from '@origin-stack/core/domain/outbox/outboxStore';
import type { Db, Ids } from '@origin-stack/core/domain/ports';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { describeError, type Log } from '@origin-stack/core/infra/log';
import type { Metrics } from '@origin-stack/core/infra/metrics';
import type { Redis } from '@origin-stack/core/infra/redis';
import type { TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { clientTls } from '@origin-stack/core/infra/tlsOptions';
import { withDeadline } from '@origin-stack/core/infra/withDeadline';
import Bull from 'bull';
import type { AnyTask, Task, TaskContext } from './task.ts';

const QUEUE = 'work';
/** How long a hand-out may lie in the queue before it is handed out anew. */
const ENQUEUED_LEASE_SECONDS = 20;
const POLL_MS = 100;
/** How many jobs may wait in the queue for each that can run: more would lie there longer than their lease. */
const WAITING_PER_SLOT = 2;
const ENQUEUE_DEADLINE_MS = 2_000;
const STALL_MS = 15_000;
/** A lease outlives its task's timeout, so that who lost it has stopped before the next begins. */
const LEASE_SLACK_MS = 5_000;

export interface RunnerOptions<D> {
  db: Db;
  ids: Ids;
  log: Log;
  metrics: Metrics;
  redisUrl: string;
  /** Tells whether the server of that URL answers, behind a breaker. */
  redis: Pick<Redis, 'ping'>;
  /** For a URL that begins with `rediss:`. */
  tls?: TlsIdentity | undefined;
  concurrency: number;
  deps: D;
  tasks: AnyTask<D>[];
  /** How long waiting work may go untaken by an idle worker before the queue is opened anew. */
  stallMs?: number;
}

export interface Runner {
  /** Hands out no more, lets what runs end, and closes. */
  stop(): Promise<void>;
}

/** The work that a job in the queue stands for; the truth about it is the outbox row. */
interface Job extends Pick<ClaimedWork, 'id' | 'name' | 'claim'> {
  tenantId: string;
}

/**
 * Runs the outbox: due rows are claimed, go through Bull to a worker that has room, and end when their effect is
 * recorded. No more is claimed than there is room for: what lay in the queue longer than its lease would be claimed anew
 * again and again. Bull may run a job twice or lose it: the claim and the run in the row decide who may act, and a lease that
 * has run out brings the work back.
 */
export async function startRunner<D>(options: RunnerOptions<D>): Promise<Runner> {
  const { db, log, stallMs = STALL_MS } = options;
  let queue = openQueue(options);
  const relay = startRelay(async () => {
    // Bull's client knows no breaker: it is asked where the one behind ours lets calls through, and they are answered.
    if (!(await answers(options.redis)) || queue.bull.client.status !== 'ready') return false;
    const waiting = await withDeadline(queue.bull.getWaitingCount(), 'the queue', ENQUEUE_DEADLINE_MS);
    if (queue.isStalled(waiting, stallMs)) {
      log.warn({ waiting }, 'the queue gives nothing though work waits in it: it is opened anew');
      const stalled = queue;
      queue = openQueue(options);
      await withDeadline(stalled.bull.close(true), 'the stalled queue', ENQUEUE_DEADLINE_MS).catch(() => {});
    }
    const room = options.concurrency * WAITING_PER_SLOT - waiting;
    if (room <= 0) return false;
    const claimed = await claimWork(db, room, ENQUEUED_LEASE_SECONDS);
    const jobs = claimed.map(({ id, tenant_id, name, claim }) => ({
      data: { id, tenantId: tenant_id, name, claim },
      opts: { jobId: `${id}:${claim}` },
    }));
    if (jobs.length > 0) await withDeadline(queue.bull.addBulk(jobs), 'the queue', ENQUEUE_DEADLINE_MS);
    return claimed.length === room;
  }, log);
  const ending = new Set<Promise<void>>();
  // The queue's client keeps the files it began with. The old queue ends when the tasks that it gave out have ended.
  const unfollow = options.tls?.onChange(() => {
    const before = queue;
    queue = openQueue(options);
    const end = before.bull
      .close()
      .catch((error: unknown) => log.warn({ err: describeError(error) }, 'an old queue did not close'))
      .finally(() => ending.delete(end));
    ending.add(end);
  });
  return {
    async stop() {
      unfollow?.();
      await relay.stop();
      await Promise.all([queue.bull.close(), ...ending]);
    },
  };
}

/** Who watches the connection says what is wrong with it. */
const answers = (redis: Pick<Redis, 'ping'>): Promise<boolean> =>
  redis.ping().then(
    () => true,
    () => false,
  );

interface WorkQueue {
  bull: Bull.Queue<Job>;
  /** True where work waits, and for `stallMs` none of it was taken here and none was running. */
  isStalled(waiting: number, stallMs: number): boolean;
}

/** Bull with our handler on it. Once in many losses of Redis its blocking connection comes back deaf (Bull issue 1873). */
function openQueue<D>(options: RunnerOptions<D>): WorkQueue {
  const { log } = options;
  const bull = new Bull<Job>(QUEUE, options.redisUrl, {
    ...redisTls(options),
    prefix: 'bull',
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    settings: { maxStalledCount: 0 },
  });
  let complained = false;
  bull.on('error', (error) => {
    if (!complained) log.warn({ err: describeError(error) }, 'the queue is away');
    complained = true;
  });
  bull.client.on('ready', () => {
    complained = false;
  });
  const tasks = new Map(options.tasks.map((task) => [task.name, task as Task<never, D>]));
  let running = 0;
  let idleSinceMs = performance.now();
  void bull.process(options.concurrency, async (job) => {
    const task = tasks.get(job.data.name);
    if (!task) throw new Error(`no task is called ${job.data.name}`);
    running += 1;
    try {
      await runTask(options, task, job.data);
    } finally {
      running -= 1;
      idleSinceMs = performance.now();
    }
  });
  return {
    bull,
    isStalled(waiting, stallMs) {
      if (waiting === 0 || running > 0) idleSinceMs = performance.now();
      return performance.now() - idleSinceMs > stallMs;
    },
  };
}

/** Bull's client looks at no scheme: without this it would speak in the clear to a `rediss:` URL. */
function redisTls({ redisUrl, tls }: Pick<RunnerOptions<unknown>, 'redisUrl' | 'tls'>) {
  if (!redisUrl.startsWith('rediss:')) return {};
  return { redis: { tls: tls ? { ...clientTls(tls, new URL(redisUrl).hostname) } : {} } };
}

/** Calls `hand` again and again: at once while it says that there is more, else after a pause. */
function startRelay(hand: () => Promise<boolean>, log: Log): { stop(): Promise<void> } {
  let stopping = false;
  let wake = () => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = (async () => {
    while (!stopping) {
      const isMore = await hand().catch((error: unknown) => {
        log.warn({ err: describeError(error) }, 'work could not be handed out');
        return false;
      });
      if (!isMore && !stopping) await pause();
    }
  })();
  return {
    async stop() {
      stopping = true;
      wake();
      await loop;
    },
  };
}

/** One run of one piece of work, if it may still act. */
async function runTask<D>(options: RunnerOptions<D>, task: Task<never, D>, job: Job): Promise<void> {
  const { db, log, metrics } = options;
  const run: RunKey = { id: job.id, tenantId: job.tenantId, run: options.ids.next() };
  const leaseSeconds = (task.timeoutMs + LEASE_SLACK_MS) / 1000;
  const started = await inTenant(db, job.tenantId, (tx) =>
    startRun(tx, { ...run, claim: job.claim, leaseSeconds }),
  );
  const outcome = (name: string) => metrics.count('task_runs_total', { task: task.name, outcome: name });
  if (!started) return outcome('fenced');
  const controller = new AbortController();
  const settled = { by: '' };
  const context: TaskContext<D> = {
    deps: options.deps,
    tenantId: job.tenantId,
    correlationId: started.correlation_id,
    attempt: started.attempts,
    run,
    signal: controller.signal,
    async finish(tx) {
      if (!(await finishRun(tx, run))) throw new LeaseLostError(task.name);
      settled.by = 'done';
    },
    async retry(tx, after) {
      if (!(await retryRun(tx, { ...run, ...after }))) throw new LeaseLostError(task.name);
      settled.by = 'put_off';
    },
  };
  const fields = {
    task: task.name,
    work_id: job.id,
    tenant_id: job.tenantId,
    correlation_id: context.correlationId,
  };
  const startedMs = performance.now();
  try {
    const payload = JOBS[job.name].parse(started.payload) as never;
    // Attempts are counted where they begin: work whose runs take their process down must end as well.
    if (context.attempt > task.maxAttempts) throw new Error('every attempt before this one died');
    await withDeadline(task.run(context, payload), task.name, task.timeoutMs);
    if (settled.by === '') throw new Error(`the task ${task.name} ended without an end`);
    const durationMs = Math.round(performance.now() - startedMs);
    log.info(
      { ...fields, attempt: context.attempt, duration_ms: durationMs, outcome: settled.by },
      'work ran',
    );
    outcome(settled.by);
  } catch (error) {
    controller.abort(error);
    if (error instanceof LeaseLostError) return outcome('fenced');
    log.warn({ ...fields, attempt: context.attempt, err: describeError(error) }, 'work failed');
    outcome('failed');
    await afterFailure(options, { task, context, payload: started.payload, error });
  } finally {
    metrics.observe('task_duration_seconds', { task: task.name }, (performance.now() - startedMs) / 1000);
  }
}

interface Failure<D> {
  task: Task<never, D>;
  context: TaskContext<D>;
  payload: unknown;
  error: unknown;
}

async function afterFailure<D>({ db, log }: RunnerOptions<D>, failure: Failure<D>): Promise<void> {
  const { task, context, payload, error } = failure;
  if (context.attempt >= task.maxAttempts) {
    await task.giveUp(context, payload as never, error);
    log.error({ task: task.name, work_id: context.run.id, tenant_id: context.tenantId }, 'work is given up');
    return;
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'failed';
  await inTenant(db, context.tenantId, (tx) =>
    retryRun(tx, { ...context.run, delayMs: task.backoffMs(context.attempt), error: reason }),
  );
}

/** Another run took the work over. */
class LeaseLostError extends Error {
  constructor(task: string) {
    super(`a run of ${task} lost its lease`);
    this.name = 'LeaseLostError';
  }
}
