import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { ProvenItem } from '../proof/proveItem.ts';
import { describeRun } from './describeRun.ts';
import type { StateDir } from './stateDir.ts';

const fileOf = (dir: StateDir) => join(dir.run, 'receipt.txt');

/** Writes the receipt where who started it in the background reads it, and returns it. */
export async function writeReceipt(dir: StateDir, proven: ProvenItem): Promise<string> {
  const text = await receipt(dir, proven);
  await writeFileAtomically(fileOf(dir), text);
  return text;
}

/** The receipt of what runs here. */
export const readReceipt = (dir: StateDir): Promise<string> => readFile(fileOf(dir), 'utf8');

/** What runs, where, what the self-check saw, and what to type next. */
async function receipt(dir: StateDir, proven: ProvenItem): Promise<string> {
  const run = await describeRun(dir);
  const services = run.services.map(
    ({ name, state, port }) => `  ${name.padEnd(10)} ${state}${port ? ` on 127.0.0.1:${port}` : ''}`,
  );
  const checked = [
    '',
    `Self-check: ${proven.reply.decision}; certificate, evidence pack and webhook verified`,
    `  ledger      event ${proven.reply.ledger.sequence}, ${proven.reply.ledger.event_hash.slice(0, 16)}…`,
    `  signed by   ${proven.certificate.kid}`,
  ];
  return [
    '',
    'EVALUATION ONLY: local keys, one machine, no TLS, no hardening.',
    '',
    `  API         ${run.urls.api}`,
    `  reference   ${run.urls.docs}`,
    `  operator    key in ${join(dir.secrets, 'operator-key')}`,
    '',
    ...services,
    ...checked,
    '',
    'Next:',
    '  ./stack demo                   decide on real files and verify everything',
    '  ./stack tenant create acme     make a tenant',
    '  ./stack key create acme        and a key for it',
    '  ./stack status                 how it is',
    '  ./stack down                   stop it; the data stays',
  ].join('\n');
}
