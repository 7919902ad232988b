import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { ProvenItem } from '../proof/proveItem.ts';
import { receiptLines } from '../proof/receiptLines.ts';
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
    ({ name, state, port }) => `  ${name.padEnd(12)} ${state}${port ? ` on 127.0.0.1:${port}` : ''}`,
  );
  return [
    '',
    'EVALUATION ONLY: local keys, one machine, no TLS, no hardening.',
    '',
    `  API           ${run.urls.api}`,
    `  reference     ${run.urls.docs}`,
    `  operator key  ${join(dir.secrets, 'operator-key')}`,
    '',
    ...services,
    ...receiptLines(proven),
  ].join('\n');
}
