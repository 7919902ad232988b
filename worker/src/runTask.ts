import { JOBS } from '@origin-stack/contract/jobs';
import { finishRun, type RunKey, retryRun, startRun } from '@origin-stack/core/domain/outbox/outboxStore';
import type { Db, Ids } from '@origin-stack/core/domain/ports';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { describeError, type Log } from '@origin-stack/core/infra/log';
import type { Metrics } from '@origin-stack/core/infra/metrics';
import { withDeadline } from '@origin-stack/core/infra/withDeadline';
import type { Task, TaskContext } from './task.ts';
import type { Job } from './workQueue.ts';

/** A lease outlives its task's timeout, so that who lost it has stopped before the next begins. */
const LEASE_SLACK_MS = 5_000;

export interface RunDeps<D> {
  db: Db;
  ids: Ids;
  log: Log;
  metrics: Metrics;
  /** What tasks are given. */
  deps: D;
}

/** One run of one piece of work, if it may still act. */
export async function runTask<D>(options: RunDeps<D>, task: Task<never, D>, job: Job): Promise<void> {
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

async function afterFailure<D>({ db, log }: RunDeps<D>, failure: Failure<D>): Promise<void> {
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
