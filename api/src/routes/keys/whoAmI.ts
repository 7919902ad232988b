import { WhoAmI } from '@origin-stack/contract/keys';
import { defineRoute, reply } from '../../http/route.ts';

export const whoAmI = defineRoute({
  method: 'GET',
  path: '/v1/whoami',
  name: 'whoAmI',
  summary: 'Who the key is',
  access: { anyKey: 'a key may always ask who it is' },
  params: null,
  query: null,
  body: null,
  replies: { 200: WhoAmI },
  errors: [],
  async handler({ actor }) {
    return reply(200, {
      tenant_id: actor.tenantId,
      key_id: actor.id,
      key_prefix: `ok_live_${actor.keyPrefix}`,
      name: actor.keyName,
      scopes: actor.scopes,
      expires_at: actor.expiresAt,
    });
  },
});
