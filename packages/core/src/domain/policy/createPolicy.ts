import type { Policy, PolicyCreate } from '@origin-stack/contract/policies';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import { DomainError } from '../domainError.ts';
import { appendBehind, type EventDraft } from '../ledger/appendEvents.ts';
import { lockHead } from '../ledger/ledgerStore.ts';
import type { LoadedModel } from '../models/loadModel.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import type { Actor, Clock, Db, Ids, Tx } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { checkPolicy } from './checkPolicy.ts';
import { insertModelLoad, insertPolicy, newestVersion } from './policyStore.ts';

export interface PolicyDeps {
  db: Db;
  clock: Clock;
  ids: Ids;
  models: ModelRegistry;
}

/**
 * Adds the next version of a policy; versions never change. The ledger tells of it, and once per tenant of each
 * model that it names. A second call adds another version. Throws `unprocessable` for a model that is not loaded and
 * for what {@link checkPolicy} refuses.
 */
export function createPolicy(deps: PolicyDeps, actor: Actor, input: PolicyCreate): Promise<Policy> {
  return inTenant(deps.db, actor.tenantId, (tx) => addPolicy(deps, { tx, actor }, input));
}

/** The same inside a transaction of the caller's. */
export async function addPolicy(
  deps: PolicyDeps,
  { tx, actor }: { tx: Tx; actor: Actor },
  input: PolicyCreate,
): Promise<Policy> {
  const { document } = input;
  checkPolicy(document);
  const models = [
    findModel(deps.models, 'risk', document.risk_model_version),
    findModel(deps.models, 'anomaly', document.anomaly_model_version),
  ];
  const { tenantId } = actor;
  // The head's lock also orders versions: two at once do not take one number.
  const head = await lockHead(tx, tenantId);
  const documentJson = canonicalJson(document);
  const policy: Policy = {
    id: deps.ids.next(),
    name: input.name,
    version: (await newestVersion(tx, { tenantId, name: input.name })) + 1,
    document,
    sha256: sha256(documentJson),
    created_at: deps.clock.now(),
  };
  await insertPolicy(tx, tenantId, { ...policy, documentJson });
  const draft = (type: EventDraft['type'], body: EventDraft['body']): EventDraft => ({
    eventId: deps.ids.next(),
    type,
    timestamp: policy.created_at,
    actor: { type: actor.type, id: actor.id },
    correlationId: actor.correlationId,
    uploadId: null,
    body,
  });
  const drafts: EventDraft[] = [];
  for (const { kind, version, sha256 } of models) {
    if (await insertModelLoad(tx, { tenantId, kind, version })) {
      drafts.push(draft('model.loaded', { kind, version, sha256 }));
    }
  }
  drafts.push(
    draft('policy.created', { policy_id: policy.id, version: policy.version, policy_sha256: policy.sha256 }),
  );
  await appendBehind(tx, { tenantId, head, drafts });
  return policy;
}

function findModel(models: ModelRegistry, kind: 'risk' | 'anomaly', version: string): LoadedModel {
  const model = models.find(kind, version);
  if (model) return model;
  const errors = [{ pointer: `/document/${kind}_model_version`, message: 'names no model that is loaded' }];
  throw new DomainError('unprocessable', `No ${kind} model of version ${version} is loaded.`, { errors });
}
