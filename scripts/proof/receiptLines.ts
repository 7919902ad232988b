import type { ProvenItem } from './proveItem.ts';

/** The end of each receipt: what the self-check saw, and what to type next. */
export const receiptLines = ({ reply, certificate }: ProvenItem): string[] => [
  '',
  `Self-check: ${reply.decision}; certificate, evidence pack and webhook verified`,
  `  ledger        event ${reply.ledger.sequence}, ${reply.ledger.event_hash.slice(0, 16)}…`,
  `  signed by     ${certificate.kid}`,
  '',
  'Next:',
  '  ./stack demo                   decide on real files and verify everything',
  '  ./stack tenant create acme     make a tenant',
  '  ./stack key --help             and a key for it, with the scopes that it needs',
  '  ./stack status                 how it is',
  '  ./stack down                   stop it; the data stays',
];
