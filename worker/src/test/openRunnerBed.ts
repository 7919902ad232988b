import type { JobPayload } from '@origin-stack/contract/jobs';
import { insertWork } from '@origin-stack/core/domain/outbox/outboxStore';
import type { Db } from '@origin-stack/core/domain/ports';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { createLog } from '@origin-stack/core/infra/log';
import { createMetrics } from '@origin-stack/core/infra/metrics';
import { randomIds } from '@origin-stack/core/infra/randomIds';
import { connectRedis } from '@origin-stack/core/infra/redis';
import { openTestBed } from '@origin-stack/core/testing/openTestBed';
import { type RunnerOptions, startRunner } from '../runner.ts';
import type { Task, TaskContext } from '../task.ts';

/** What a probe's task does in one run. */
export type Act = (context: TaskContext<undefined>, packId: string) => Promise<void>;

/** A task under the name of a real one, whose behaviour the test gives. */
export function probeTask(
  run: Act,
  more: Partial<Task<'evidence.build', undefined>> = {},
): Task<'evidence.build', undefined> {
  return {
    name: 'evidence.build',
    timeoutMs: 10_000,
    maxAttempts: 3,
    backoffMs: () => 50,
    run: (context, payload) => run(context, payload.pack_id),
    giveUp: ({ deps: _, tenantId, finish }, { pack_id }) =>
      noteAndFinish({ tenantId, finish }, pack_id, 'gave up'),
    ...more,
  };
}

let effectsDb: Db;

/** Records an effect in the transaction that ends the work. */
export async function noteAndFinish(
  { tenantId, finish }: Pick<TaskContext<undefined>, 'tenantId' | 'finish'>,
  packId: string,
  note: string,
): Promise<void> {
  await inTenant(effectsDb, tenantId, async (tx) => {
    await tx('effects').insert({ pack_id: packId, note });
    await finish(tx);
  });
}

/** A real database with a tenant and a table of effects, and runners on a real Redis. */
export async function openRunnerBed() {
  const bed = await openTestBed();
  const { tenantId } = await bed.newTenant();
  effectsDb = bed.worker;
  await bed.owner.raw(
    'create table effects (pack_id text, note text); grant select, insert on effects to origin_worker',
  );
  const metrics = createMetrics('worker');

  return {
    ...bed,
    tenantId,
    metrics,
    async startRunner(
      redisUrl: string,
      task: Task<'evidence.build', undefined>,
      concurrency = 4,
      more: Partial<Pick<RunnerOptions<undefined>, 'stallMs' | 'tls' | 'log'>> = {},
    ) {
      const { log = createLog({ service: 'worker', level: 'silent' }) } = more;
      const redis = connectRedis({ url: redisUrl, name: 'origin-worker', log, tls: more.tls });
      const options: RunnerOptions<undefined> = {
        db: bed.worker,
        ids: randomIds,
        log,
        metrics,
        redisUrl,
        redis,
        concurrency,
        deps: undefined,
        tasks: [task],
        ...more,
      };
      const runner = await startRunner(options);
      return {
        redis,
        async stop() {
          await runner.stop();
          await redis.close();
        },
      };
    },
    async add(count: number): Promise<string[]> {
      const ids = Array.from({ length: count }, () => randomIds.next());
      const payload = (pack_id: string): JobPayload<'evidence.build'> => ({ pack_id });
      const work = ids.map((id) => ({
        id,
        tenantId,
        name: 'evidence.build' as const,
        payload: payload(id),
        correlationId: 'c',
        availableAt: new Date().toISOString(),
      }));
      await inTenant(bed.worker, tenantId, (tx) => insertWork(tx, work));
      return ids;
    },
    /** How often each piece of work took effect, by its id. */
    async effects(ids: string[]): Promise<string[]> {
      const rows = await bed.owner('effects').whereIn('pack_id', ids).orderBy('pack_id').select('pack_id');
      return rows.map((row) => row.pack_id);
    },
    /** How often a connection to Redis failed or was given up, as the metric counts it. */
    async failures(): Promise<number> {
      const [, count] = /^redis_connection_failures_total\{.*\} (\d+)$/m.exec(await metrics.scrape()) ?? [];
      return Number(count ?? 0);
    },
    row: (id: string) => bed.owner('outbox').where({ id }).first(),
    /** As if every lease had run out: the time between is not what these tests are about. */
    expireLeases: () =>
      bed.owner.raw(
        "update outbox set lease_until = now() - interval '1 second' where done_at is null and lease_until is not null",
      ),
  };
}

export type RunnerBed = Awaited<ReturnType<typeof openRunnerBed>>;
