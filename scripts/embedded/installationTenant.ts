import { join } from 'node:path';
import { ROUTED_SCOPES } from '@origin-stack/contract/scopes';
import { createKey } from '@origin-stack/core/domain/keys/createKey';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { listTenants } from '@origin-stack/core/domain/tenants/tenantStore';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { newestModels } from './newestModels.ts';
import type { Operator } from './operator.ts';
import { locateStateDir } from './stateDir.ts';

/**
 * A key of a tenant that commands use for themselves (`self-check`, `demo`), made with its tenant the first time and kept
 * in a 0400 file.
 */
export async function installationKey(
  operator: Operator,
  name: string,
  stateRoot: string | undefined,
): Promise<string> {
  const file = join(locateStateDir(stateRoot).secrets, `${name}-key`);
  const kept = await readIfThere(file);
  if (kept) return kept.toString();
  const keyValue = await makeInstallationKey(operator, name);
  await writeFileAtomically(file, keyValue, { mode: 0o400 });
  return keyValue;
}

/** A new key of such a tenant. */
export async function makeInstallationKey(operator: Operator, name: string): Promise<string> {
  const tenants = await operator.db.transaction(listTenants);
  const known = tenants.find((tenant) => tenant.name === name)?.id;
  const tenantId = known ?? (await makeTenant(operator, name));
  const { keyValue } = await createKey(
    { ...operator, pepper: operator.keyring.pepper },
    { tenantId, name, scopes: [...ROUTED_SCOPES], expiresAt: null },
  );
  return keyValue;
}

async function makeTenant(operator: Operator, name: string): Promise<string> {
  const models = newestModels(operator.models);
  const { tenantId } = await createTenant(operator, { name, models, correlationId: operator.ids.next() });
  return tenantId;
}
