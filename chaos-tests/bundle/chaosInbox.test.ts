import type { OriginClient } from '@origin-stack/sdk';
import { expect, test } from 'vitest';
import { deleteOwnWebhooks } from './chaosInbox.ts';

test('of the webhooks of the tenant, those alone go that chaos made', async () => {
  const deleted: string[] = [];
  const described = {
    own: 'made by ./stack chaos, which deletes it',
    shop: 'orders of the shop',
    none: null,
  };
  const client = {
    listWebhooks: async () => ({
      items: Object.entries(described).map(([id, description]) => ({ id, description })),
    }),
    deleteWebhook: async (id: string) => void deleted.push(id),
  };
  await deleteOwnWebhooks(client as unknown as OriginClient);
  expect(deleted).toEqual(['own']);
});
