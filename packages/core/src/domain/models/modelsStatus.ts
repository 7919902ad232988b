import type { ModelsStatus } from '@origin-stack/contract/models';
import type { PolicyRef } from '@origin-stack/contract/policies';
import { readAllPolicyModels } from '../policy/policyStore.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import type { ModelRegistry } from './modelRegistry.ts';

/** The loaded models and, of each, the tenant's policies that name it. */
export async function modelsStatus(
  deps: { db: Db; models: ModelRegistry; modelsLoadedAt: string },
  actor: Actor,
): Promise<ModelsStatus> {
  const policies = await inTenant(deps.db, actor.tenantId, (tx) => readAllPolicyModels(tx, actor.tenantId));
  return {
    models: deps.models.all.map(({ kind, version, sha256 }) => ({
      kind,
      version,
      sha256,
      loaded_at: deps.modelsLoadedAt,
      policies: policies
        .filter((policy) => policy[kind] === version)
        .map((policy): PolicyRef => ({ id: policy.id, version: policy.version })),
    })),
  };
}
