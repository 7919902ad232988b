import { describeError, type Log } from '@origin-stack/core/infra/log';
import type { Metrics } from '@origin-stack/core/infra/metrics';
import type { TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { type Job, openWorkQueue, type WorkQueue, type WorkQueueOptions } from './workQueue.ts';

/** How long a queue that was opened again is left alone, so that a server that refuses is not stormed. */
const REST_MS = 2_000;
/** Refusals that follow each other within this are one episode, of which the log tells once. */
const EPISODE_MS = 60_000;

export interface KeepQueueOptions extends Pick<WorkQueueOptions, 'redisUrl' | 'concurrency'> {
  log: Log;
  metrics: Metrics;
  tls?: TlsIdentity | undefined;
  run(job: Job): Promise<void>;
}

export interface KeptQueue {
  /** The queue, where it may be asked now: connected, and not just opened again. */
  current(): WorkQueue | undefined;
  /** To be called where the queue did not do what it was asked for: it is opened again. */
  refused(error: unknown): void;
  /** To be called where it took work. */
  took(): void;
  /** To be called where it gives out nothing though `waiting` jobs are in it: it is opened again. */
  stalled(waiting: number): void;
  /** Takes no more, lets what runs end, and closes. */
  close(): Promise<void>;
}

/**
 * Keeps a queue that works. Connections can stay with a server that takes nothing, or that is gone, for as long as they
 * live, where new ones would reach another: so what refuses is replaced. The old queue ends when the runs that it gave
 * out have ended.
 */
export function keepQueue(options: KeepQueueOptions): KeptQueue {
  const { log, metrics } = options;
  let isAway = false;
  const open = () =>
    openWorkQueue({
      ...options,
      onAway(error) {
        if (!isAway) log.warn({ err: describeError(error) }, 'the queue is away');
        isAway = true;
      },
      onConnected() {
        isAway = false;
      },
    });
  const ending = new Set<Promise<void>>();
  let queue = open();
  let restUntilMs = 0;
  let refusedAtMs: number | undefined;
  const replace = () => {
    const end = queue.close().finally(() => ending.delete(end));
    ending.add(end);
    queue = open();
  };
  const refused = (error: unknown) => {
    const nowMs = performance.now();
    if (refusedAtMs === undefined || nowMs - refusedAtMs > EPISODE_MS)
      log.warn({ err: describeError(error) }, 'the queue refuses work: it is opened again');
    refusedAtMs = nowMs;
    restUntilMs = nowMs + REST_MS;
    metrics.count('redis_connection_failures_total');
    replace();
  };
  // The queue's client keeps the files it began with.
  const unfollow = options.tls?.onChange(replace);
  return {
    current() {
      if (performance.now() < restUntilMs) return undefined;
      const error = queue.refusal();
      if (error) refused(error);
      else if (queue.isConnected()) return queue;
      return undefined;
    },
    refused,
    took() {
      if (refusedAtMs !== undefined) log.info({}, 'the queue takes work again');
      refusedAtMs = undefined;
    },
    stalled(waiting) {
      log.warn({ waiting }, 'the queue gives out nothing though work waits in it: it is opened again');
      replace();
    },
    async close() {
      unfollow?.();
      await Promise.all([queue.close(), ...ending]);
    },
  };
}
