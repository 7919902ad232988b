import { randomUUID } from 'node:crypto';
import { OriginClient } from '@origin-stack/sdk';
import type { Step } from '../lib/progress.ts';
import { type ProvenItem, proveItem } from '../proof/proveItem.ts';
import { withWebhook } from '../proof/withWebhook.ts';
import { installationKey } from './installationTenant.ts';
import { openOperator } from './operator.ts';

/** Pushes one real item the whole way and verifies everything that comes back. Throws at the first fault. */
export async function selfCheck(stateRoot: string | undefined, step: Step): Promise<ProvenItem> {
  await using operator = await openOperator(stateRoot);
  const apiKey = await installationKey(operator, 'self-check', stateRoot);
  const client = new OriginClient({ baseUrl: operator.state.urls.api ?? '', apiKey });
  const jwks = await client.getJwks();
  return await withWebhook(client, (receiver) =>
    proveItem(
      { client, jwks, receiver },
      {
        external_id: `self-check-${randomUUID()}`,
        account: { external_id: 'self-check' },
        content: { text: 'Origin Stack checks itself.', media_type: 'text/plain' },
      },
      step,
    ),
  );
}
