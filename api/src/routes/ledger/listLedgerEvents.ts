import { LedgerEvent } from '@origin-stack/contract/ledger';
import { PageQuery, pageOf } from '@origin-stack/contract/primitives';
import { listEvents } from '@origin-stack/core/domain/ledger/listEvents';
import { defineRoute, reply } from '../../http/route.ts';

export const listLedgerEvents = defineRoute({
  method: 'GET',
  path: '/v1/ledger/events',
  name: 'listLedgerEvents',
  summary: 'The ledger in the order of its sequence, from the first event on',
  access: { scope: 'ledger:read' },
  params: null,
  query: PageQuery,
  body: null,
  replies: { 200: pageOf(LedgerEvent) },
  errors: ['unprocessable'],
  async handler({ deps, actor, query }) {
    return reply(200, await listEvents(deps, actor, query));
  },
});
