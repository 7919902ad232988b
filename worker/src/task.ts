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
  /** Aborted at the task's timeout and when the worker must stop. */
  signal: AbortSignal;
}

export type TaskResult = { done: true } | { retryInMs: number; error: string };

/** One kind of work. `run` may be called again after a crash at any point, and must say by what it is idempotent. */
export interface Task<N extends JobName, D> {
  name: N;
  timeoutMs: number;
  maxAttempts: number;
  /** The delay before the next attempt, after `attempt` failed. */
  backoffMs(attempt: number): number;
  run(context: TaskContext<D>, payload: JobPayload<N>): Promise<TaskResult>;
  /** Records that the work is given up after its last attempt failed; must call `finish`. */
  giveUp(context: TaskContext<D>, payload: JobPayload<N>, error: unknown): Promise<void>;
}

/** Declares a task; only for its types. */
export const defineTask = <N extends JobName, D>(task: Task<N, D>): Task<N, D> => task;

export type AnyTask<D> = { [N in JobName]: Task<N, D> }[JobName];
