import { OriginClient } from '@origin-stack/sdk';
import type { Step } from '../lib/progress.ts';
import type { ProvenItem } from '../proof/proveItem.ts';
import { proveSelf } from '../proof/proveSelf.ts';
import { installationKey } from './installationTenant.ts';
import { openOperator } from './operator.ts';

/** Pushes one real item the whole way and verifies everything that comes back. Throws at the first fault. */
export async function selfCheck(
  stateRoot: string | undefined,
  { step, signal }: { step: Step; signal: AbortSignal },
): Promise<ProvenItem> {
  await using operator = await openOperator(stateRoot);
  const apiKey = await installationKey(operator, 'self-check', stateRoot);
  const client = new OriginClient({ baseUrl: operator.apiUrl, apiKey });
  return await proveSelf(client, step, { signal });
}
