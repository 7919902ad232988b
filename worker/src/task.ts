import type { JobName, JobPayload } from '@origin-stack/contract/jobs';
import type { RunKey } from '@origin-stack/core/domain/outbox/outboxStore';
import type { Tx } from '@origin-stack/core/domain/ports';

/** What a task is given beside its payload. */
export interface TaskContext<D> {
  deps: D;
  tenantId: string;
  correlationId: string;
  /** This attempt, from 1. */
  attempt: number;
  run: RunKey;
  /**
   * Marks the work done. Called inside the transaction that records the effect; it throws where another run took
   * the work over, which rolls the effect back: that is what makes a task happen once.
   */
  finish(tx: Tx): Promise<void>;
  /** Puts the work off, in the transaction that records why; throws as `finish` does. */
  retry(tx: Tx, after: { delayMs: number; error: string }): Promise<void>;
  /** Aborted at the task's timeout. */
  signal: AbortSignal;
}

/**
 * One kind of work. `run` calls `finish` or `retry`, or throws, and then is tried again after `backoffMs`. It may be
 * called again after a crash at any point, and must say by what it is idempotent.
 */
export interface Task<N extends JobName, D> {
  name: N;
  timeoutMs: number;
  maxAttempts: number;
  /** The delay before the next attempt, after `attempt` failed. */
  backoffMs(attempt: number): number;
  run(context: TaskContext<D>, payload: JobPayload<N>): Promise<void>;
  /** Records that the work is given up after its last attempt failed; must call `finish`. */
  giveUp(context: TaskContext<D>, payload: JobPayload<N>, error: unknown): Promise<void>;
}

/** Declares a task; only for its types. */
export const defineTask = <N extends JobName, D>(task: Task<N, D>): Task<N, D> => task;

export type AnyTask<D> = { [N in JobName]: Task<N, D> }[JobName];
