import { timingSafeEqual } from 'node:crypto';
import { ERRORS } from '@origin-stack/contract/errors';
import { DomainError } from '../domainError.ts';
import type { Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { type IdempotencyKey, readReply, release, reserve, storeReply } from './idempotencyStore.ts';

const LEASE_SECONDS = 60;
const KEEP_SECONDS = 86_400;

export interface Reply {
  status: number;
  body: unknown;
}

/**
 * Runs a request once under its Idempotency-Key, within one tenant and credential. For 24 hours the same request gets
 * the first reply, as `redact` left it: a stored reply holds no secret. A refusal is not kept, and a run that took
 * longer than its lease neither keeps nor lets go what another holds by then.
 * Throws `idempotency_conflict` for another request and `idempotency_in_flight` for the same one at work.
 */
export async function once(
  deps: { db: Db },
  request: IdempotencyKey & { requestMac: Buffer; redact: (body: unknown) => unknown },
  run: () => Promise<Reply>,
): Promise<Reply & { repeated: boolean }> {
  const inOwn = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(deps.db, request.tenantId, work);
  const { redact, ...key } = request;
  const leaseUntil = await inOwn((tx) =>
    reserve(tx, { ...key, leaseSeconds: LEASE_SECONDS, keepSeconds: KEEP_SECONDS }),
  );
  if (leaseUntil === undefined) return { ...(await repeat(deps, request)), repeated: true };
  let reply: Reply;
  try {
    reply = await run();
  } catch (error) {
    // Only a refusal is known to have done nothing. After any other error, a connection that broke at COMMIT among them,
    // the key stays taken until the lease ends.
    if (isRefusal(error)) await inOwn((tx) => release(tx, { ...key, leaseUntil }));
    throw error;
  }
  const replyJson = JSON.stringify(redact(reply.body) ?? null);
  await inOwn((tx) => storeReply(tx, { ...key, leaseUntil, status: reply.status, replyJson }));
  return { ...reply, repeated: false };
}

const isRefusal = (error: unknown): boolean =>
  error instanceof DomainError && ERRORS[error.code].status < 500;

async function repeat(deps: { db: Db }, request: IdempotencyKey & { requestMac: Buffer }): Promise<Reply> {
  const stored = await inTenant(deps.db, request.tenantId, (tx) => readReply(tx, request));
  if (stored && !timingSafeEqual(stored.request_mac, request.requestMac)) {
    throw new DomainError('idempotency_conflict', 'The Idempotency-Key was used for another request.');
  }
  if (!stored || stored.status === null) {
    throw new DomainError('idempotency_in_flight', 'The same request is being worked on.', {
      retryAfterSeconds: 1,
    });
  }
  return { status: stored.status, body: JSON.parse(stored.reply_json ?? 'null') };
}
