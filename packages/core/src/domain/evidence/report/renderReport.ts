import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import type { EvidenceInput } from '../evidenceInput.ts';
import { readFonts } from './fonts.ts';
import { printableText } from './printableText.ts';
import { reportContent } from './reportContent.ts';

const fonts = readFonts();
const template = readFileSync(fileURLToPath(new URL('./report.typ', import.meta.url)), 'utf8');
const compiler = NodeCompiler.create({ workspace: '/', fontArgs: [{ fontBlobs: fonts.blobs }] });

/**
 * The report for an auditor: A4, tagged, PDF/A-2a (ISO 19005-2). The same input gives the same bytes: the document is dated
 * by its certificate and sees no font of the machine. What others wrote reaches the template as data and is never markup.
 * Throws `RangeError` where the certificate has no date.
 */
export function renderReport(input: EvidenceInput): Uint8Array {
  const issuedAt = Date.parse(input.certificate.payload.issued_at);
  if (Number.isNaN(issuedAt)) throw new RangeError('the certificate has no valid issued_at');
  const report = JSON.stringify({ ...reportContent(input), families: fonts.families }, (_, value) =>
    typeof value === 'string' ? printableText(value, fonts.covers) : value,
  );
  const pdf = compiler.pdf(
    { mainFileContent: template, inputs: { report } },
    { pdfStandard: 'a-2a', creationTimestamp: Math.floor(issuedAt / 1_000) },
  );
  // What was laid out for this report helps no other one.
  compiler.evictCache(0);
  // A copy of its own memory: a transfer to another thread takes all of a buffer along.
  return new Uint8Array(pdf);
}
