import { timingSafeEqual } from 'node:crypto';
import type { IngestReply, IngestRequest } from '@origin-stack/contract/ingest';
import { instantOf } from '@origin-stack/contract/instant';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import { DomainError } from '../domainError.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Db, KeyActor } from '../ports.ts';
import { tellAccountCreatedAt } from '../subjects/tellAccountCreatedAt.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { Committed, DecisionDraft } from './commitDecisions.ts';
import { type ContentFacts, contentOf } from './contentOf.ts';
import { type DecideDeps, decide, type FullContext } from './decide.ts';
import { ensureSubjects, type SubjectInput } from './ensureSubjects.ts';
import { type ContextQuery, type DecisionContext, readContext, releaseUpload } from './readContext.ts';
import { readUpload, replyOf } from './uploadStore.ts';

/** How far a caller's clock may be ahead of ours. */
export const MAX_CLOCK_AHEAD_MS = 5 * 60_000;

export interface IngestDeps extends DecideDeps {
  db: Db;
  keyring: Keyring;
  /** Group commit over {@link commitDecisions}. */
  commit(tenantId: string, draft: DecisionDraft): Promise<Committed>;
}

/**
 * Decides on one upload and proves it. Afterwards decision, certificate, ledger event and webhook deliveries are
 * committed, all or none. The same body again gives the first reply with `created: false`.
 * Throws `external_id_conflict` for another body under a known external id, `not_found` for an unknown policy,
 * `unprocessable` for a wrong size or an account of the future, `dependency_unavailable` where a model that the policy names is not loaded.
 */
export async function ingest(
  deps: IngestDeps,
  actor: KeyActor,
  request: IngestRequest,
): Promise<{ created: boolean; reply: IngestReply }> {
  const { tenantId } = actor;
  const content = contentOf(request.content);
  const bodyMac = deps.keyring.requests.mac(canonicalJson(request));
  const hold: Hold = { id: deps.ids.next(), isTaken: false };
  const reply = await holding(deps, tenantId, hold, async () => {
    const context = await contextOf(deps, actor, { request, content, hold });
    if (!context) return null;
    return deps.commit(tenantId, await decide(deps, actor, { request, content, bodyMac, context }));
  });
  if (!reply) return repeat(deps, tenantId, { externalId: request.external_id, bodyMac });
  return { created: true, reply };
}

/** What says that an upload is under way, so that those beside it count it. */
interface Hold {
  id: string;
  isTaken: boolean;
}

/** Runs `work`; where it writes no decision, its upload is under way no longer. */
async function holding(
  { db }: IngestDeps,
  tenantId: string,
  hold: Hold,
  work: () => Promise<Committed>,
): Promise<Committed> {
  let reply: Committed = null;
  try {
    reply = await work();
    return reply;
  } finally {
    const release = () => inTenant(db, tenantId, (tx) => releaseUpload(tx, { tenantId, holdId: hold.id }));
    // Where this fails as well, the upload counts for a minute more; the caller is told what `work` met.
    if (!reply && hold.isTaken) await release().catch(() => {});
  }
}

interface Given {
  request: IngestRequest;
  content: ContentFacts;
  hold: Hold;
}

/** What to decide on, with the subjects made where they are new; undefined where the external id is known. */
async function contextOf(
  deps: IngestDeps,
  actor: KeyActor,
  { request, content, hold }: Given,
): Promise<FullContext | undefined> {
  const { tenantId } = actor;
  const subjects = subjectInputs(deps, tenantId, request);
  const query: ContextQuery = {
    tenantId,
    externalId: request.external_id,
    accountIndex: subjects.account.blindIndex,
    deviceIndex: subjects.device?.blindIndex ?? null,
    pvid: content.pvid,
    policyId: request.policy_id ?? null,
    holdId: hold.id,
  };
  const read = async () => {
    const found = await inTenant(deps.db, tenantId, (tx) => readContext(tx, query));
    hold.isTaken ||= found.velocities !== null;
    return found;
  };
  let context = await read();
  if (context.exists) return undefined;
  refuseFuture(deps, subjects.account);
  if (!context.policy) {
    const errors = [{ pointer: '/policy_id', message: 'names no policy' }];
    throw new DomainError('not_found', 'policy_id names no policy.', { errors });
  }
  const missing = [
    ...(context.account ? [] : [subjects.account]),
    ...(subjects.device && !context.device ? [subjects.device] : []),
  ];
  if (missing.length > 0) {
    await ensureSubjects({ ...deps, blindKeyId: deps.keyring.blindIndex.id }, tenantId, missing);
    context = await read();
  }
  const told = subjects.account.accountCreatedAt;
  if (context.account && told !== null && !isAsTold(context, told)) {
    const { id, wrappedKeys } = context.account;
    await tellAccountCreatedAt(deps, actor, {
      id,
      wrappedKeys,
      accountId: request.account.external_id,
      told,
    });
    // Again, for another request may have told something else since.
    context = await read();
  }
  if (context.exists) return undefined;
  const { account, policy, velocities } = context;
  if (!account || !policy || !velocities) throw new Error('a subject or a policy vanished');
  return { ...context, account, policy, velocities };
}

const isAsTold = ({ account, isAccountAgeTold }: DecisionContext, told: string): boolean =>
  isAccountAgeTold && account !== null && Date.parse(account.since) === Date.parse(told);

/** Only what is decided on: the repetition of a body that was taken gets its first reply. */
function refuseFuture({ clock }: IngestDeps, { accountCreatedAt }: SubjectInput): void {
  if (accountCreatedAt === null || Date.parse(accountCreatedAt) <= clock.epochMs() + MAX_CLOCK_AHEAD_MS)
    return;
  const errors = [{ pointer: '/account/created_at', message: 'is in the future' }];
  throw new DomainError('unprocessable', 'account.created_at is in the future.', { errors });
}

function subjectInputs(deps: IngestDeps, tenantId: string, request: IngestRequest) {
  const input = (kind: SubjectInput['kind'], value: string, createdAt?: string): SubjectInput => ({
    kind,
    value,
    blindIndex: deps.keyring.blindIndex.mac(`${tenantId}:${kind}:${value}`),
    // RFC 3339 knows offsets to 23:59 and leap seconds, PostgreSQL offsets to 15:59.
    accountCreatedAt: createdAt === undefined ? null : (instantOf(createdAt)?.toISOString() ?? null),
  });
  const { account, device } = request;
  return {
    account: input('account', account.external_id, account.created_at),
    device: device && input('device', device.external_id),
  };
}

/** The first reply to the same body, or the conflict. */
async function repeat(
  deps: IngestDeps,
  tenantId: string,
  { externalId, bodyMac }: { externalId: string; bodyMac: Buffer },
): Promise<{ created: boolean; reply: IngestReply }> {
  const stored = await inTenant(deps.db, tenantId, (tx) => readUpload(tx, { tenantId, externalId }));
  if (!stored) throw new Error('an upload vanished');
  if (!timingSafeEqual(stored.bodyMac, bodyMac)) {
    throw new DomainError('external_id_conflict', 'external_id was used with another body.');
  }
  return { created: false, reply: replyOf(stored.upload) };
}
