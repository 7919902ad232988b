import type { JobName, JobPayload } from '@origin-stack/contract/jobs';
import { columnOf } from '../columnOf.ts';
import type { Db, Tx } from '../ports.ts';

export interface NewWork<N extends JobName = JobName> {
  id: string;
  tenantId: string;
  name: N;
  payload: JobPayload<N>;
  correlationId: string;
  availableAt: string;
}

/** Adds work in the caller's transaction: it exists exactly where what it follows from does. */
export async function insertWork(tx: Tx, work: NewWork[]): Promise<void> {
  if (work.length === 0) return;
  const rows = work.map((one) => ({ ...one, payload: JSON.stringify(one.payload) }));
  await tx.raw(
    `insert into outbox (id, tenant_id, name, payload, correlation_id, available_at, created_at)
     select *, now() from unnest(?::uuid[], ?::uuid[], ?::text[], ?::jsonb[], ?::text[], ?::timestamptz[])`,
    (['id', 'tenantId', 'name', 'payload', 'correlationId', 'availableAt'] as const).map((name) =>
      columnOf(rows, name),
    ),
  );
}

export interface ClaimedWork {
  id: string;
  tenant_id: string;
  name: JobName;
  /** Counts the hand-outs: an older one is fenced off. */
  claim: number;
}

/** Takes due work of all tenants for `leaseSeconds`, at most `most` of it. */
export async function claimWork(db: Db, most: number, leaseSeconds: number): Promise<ClaimedWork[]> {
  const { rows } = await db.raw('select * from claim_outbox(?, make_interval(secs => ?))', [
    most,
    leaseSeconds,
  ]);
  return rows;
}

/**
 * Gives hand-outs back that nobody will begin: they are due again at once, and under their claim nothing can begin any
 * more. What has begun, or was handed out again, stays as it is.
 */
export async function releaseClaims(
  tx: Tx,
  { tenantId, claims }: { tenantId: string; claims: Pick<ClaimedWork, 'id' | 'claim'>[] },
): Promise<void> {
  await tx.raw(
    `update outbox o set lease_until = null
     from unnest(?::uuid[], ?::integer[]) as given(id, claim)
     where o.id = given.id and o.claim = given.claim and o.tenant_id = ? and o.running is null and o.done_at is null`,
    [columnOf(claims, 'id'), columnOf(claims, 'claim'), tenantId],
  );
}

export interface StartedWork {
  id: string;
  payload: unknown;
  correlation_id: string;
  attempts: number;
}

export interface RunKey {
  id: string;
  tenantId: string;
  /** The one run that may act. */
  run: string;
}

/**
 * Begins a run: undefined where the work is done, was handed out anew or given back, or another run of the same hand-out
 * began. Work that was given back has no lease until it is handed out again: a job that comes twice finds its delay.
 */
export async function startRun(
  tx: Tx,
  work: RunKey & { claim: number; leaseSeconds: number },
): Promise<StartedWork | undefined> {
  const { rows } = await tx.raw(
    `update outbox set running = ?, attempts = attempts + 1, lease_until = now() + make_interval(secs => ?)
     where id = ? and tenant_id = ? and claim = ? and running is null and done_at is null
       and lease_until is not null
     returning id, payload, correlation_id, attempts`,
    [work.run, work.leaseSeconds, work.id, work.tenantId, work.claim],
  );
  return rows[0];
}

/** Marks work done, in the transaction that records its effect. False where the run lost its lease: roll back. */
export async function finishRun(tx: Tx, work: RunKey): Promise<boolean> {
  const { rowCount } = await tx.raw(
    `update outbox set done_at = now(), last_error = null
     where id = ? and tenant_id = ? and running = ? and done_at is null`,
    [work.id, work.tenantId, work.run],
  );
  return rowCount === 1;
}

/** Gives work back, to be tried again after `delayMs`. */
export async function retryRun(tx: Tx, work: RunKey & { delayMs: number; error: string }): Promise<boolean> {
  const { rowCount } = await tx.raw(
    `update outbox set running = null, lease_until = null, last_error = ?,
       available_at = now() + make_interval(secs => ?)
     where id = ? and tenant_id = ? and running = ? and done_at is null`,
    [work.error.slice(0, 500), work.delayMs / 1000, work.id, work.tenantId, work.run],
  );
  return rowCount === 1;
}

/** Work that has been due for longer waits: by then whatever a fault left goes on. The alert OutboxStalled says the same. */
export const WAITS_SECONDS = 30;

export interface Backlog {
  waiting: number;
  oldest_seconds: number;
}

/** How much work is due, and for how many seconds its oldest piece has been. */
export async function readBacklog(db: Db): Promise<Backlog> {
  const { rows } = await db.raw('select * from outbox_backlog()');
  return rows[0];
}
