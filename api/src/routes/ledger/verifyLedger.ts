import { LedgerVerification } from '@origin-stack/contract/ledger';
import { defineRoute, reply } from '../../http/route.ts';

export const verifyLedger = defineRoute({
  method: 'GET',
  path: '/v1/ledger/verify',
  name: 'verifyLedger',
  summary: 'Verify the whole chain and the tables with it; the first bad sequence and the reason are named',
  access: { scope: 'ledger:read' },
  params: null,
  query: null,
  body: null,
  replies: { 200: LedgerVerification },
  errors: ['dependency_unavailable'],
  async handler({ deps, actor }) {
    return reply(200, await deps.verifyLedger(actor.tenantId));
  },
});
