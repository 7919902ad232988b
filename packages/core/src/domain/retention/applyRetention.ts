import type { Clock, Db, ObjectStore } from '../ports.ts';

const BATCH = 500;
const DAY_MS = 86_400_000;

export interface RetentionDeps {
  db: Db;
  clock: Clock;
  objects: ObjectStore;
}

/** Days that each is kept. */
export interface RetentionDays {
  uploads: number;
  deliveries: number;
  outbox: number;
}

export type Deleted = Record<
  'objects' | 'packs' | 'uploads' | 'uploads_under_way' | 'deliveries' | 'outbox' | 'idempotency_keys',
  number
>;

/**
 * Deletes what is past its time, in small batches, and says how much. Objects go before the rows that know them, so that
 * an interrupted run leaves nothing behind that nobody knows; the next one goes on. Ledger and certificates stay.
 */
export async function applyRetention(deps: RetentionDeps, days: RetentionDays): Promise<Deleted> {
  const before = (kept: number) => new Date(deps.clock.epochMs() - kept * DAY_MS).toISOString();
  const packs = await purgePacks(deps, before(days.uploads));
  const purge = (sql: string, bindings: (string | number)[]) =>
    untilNothingIsLeft(async () => {
      const { rows } = await deps.db.raw(`select ${sql} as deleted`, bindings);
      return rows[0].deleted;
    });
  return {
    ...packs,
    uploads: await purge('purge_uploads(?, ?)', [before(days.uploads), BATCH]),
    uploads_under_way: await purge('purge_uploads_under_way(?)', [BATCH]),
    deliveries: await purge('purge_deliveries(?, ?)', [before(days.deliveries), BATCH]),
    outbox: await purge('purge_outbox(?, ?)', [before(days.outbox), BATCH]),
    idempotency_keys: await purge('purge_idempotency_keys(?)', [BATCH]),
  };
}

async function purgePacks(
  { db, objects }: RetentionDeps,
  before: string,
): Promise<{ packs: number; objects: number }> {
  let removed = 0;
  const packs = await untilNothingIsLeft(async () => {
    const { rows } = await db.raw('select * from expired_packs(?, ?)', [before, BATCH]);
    if (rows.length === 0) return 0;
    const keys = rows.flatMap((row: { storage_keys: string[] }) => row.storage_keys);
    await objects.remove(keys);
    removed += keys.length;
    await db.raw('select purge_packs(?)', [rows.map((row: { id: string }) => row.id)]);
    return rows.length;
  });
  return { packs, objects: removed };
}

async function untilNothingIsLeft(batch: () => Promise<number>): Promise<number> {
  let all = 0;
  for (;;) {
    const deleted = await batch();
    all += deleted;
    if (deleted < BATCH) return all;
  }
}
