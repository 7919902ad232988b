import type { Policy } from '@origin-stack/contract/policies';
import { decodeCursor, pageOf } from '../cursor.ts';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import * as store from './policyStore.ts';

/** One version of a policy, or `not_found`. */
export async function getPolicy(deps: { db: Db }, actor: Actor, id: string): Promise<Policy> {
  const policy = await inTenant(deps.db, actor.tenantId, (tx) =>
    store.readPolicy(tx, { tenantId: actor.tenantId, id }),
  );
  if (!policy) throw new DomainError('not_found', 'No such policy.');
  return policy;
}

/** All versions of all policies, the newest first. */
export async function listPolicies(
  deps: { db: Db },
  actor: Actor,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Policy[]; next_cursor: string | null }> {
  const before = query.cursor === undefined ? undefined : decodeCursor('policies', query.cursor);
  const rows = await inTenant(deps.db, actor.tenantId, (tx) =>
    store.readPolicies(tx, { tenantId: actor.tenantId, before, limit: query.limit + 1 }),
  );
  return pageOf(rows, { list: 'policies', limit: query.limit, position: (row) => row.id });
}
