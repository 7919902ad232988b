import { join } from 'node:path';
import type { ProvenItem } from '../proof/proveItem.ts';
import { receiptLines } from '../proof/receiptLines.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { type Container, containerTable } from './containers.ts';
import type { PublicCertificate } from './publicCertificate.ts';

/** What runs, where, what the self-check saw, and what to type next. */
export function bundleReceipt(given: {
  dir: BundleDir;
  settings: BundleSettings;
  certificate: PublicCertificate;
  containers: Container[];
  proven: ProvenItem;
}): string {
  const { dir, settings, certificate, containers, proven } = given;
  const vouched = certificate.isSelfSigned
    ? [`  self-signed   callers must be told to trust it: ${join(dir.secrets, 'operator', 'public.crt')}`]
    : [];
  return [
    '',
    `  public URL    ${settings.ORIGIN_PUBLIC_URL}   (published on ${settings.ORIGIN_BIND})`,
    `  reference     ${settings.ORIGIN_PUBLIC_URL}/docs`,
    `  certificate   SHA-256 ${certificate.fingerprint}`,
    `                valid to ${certificate.notAfter.slice(0, 10)}`,
    ...vouched,
    ...certificateNotes(certificate).map((note) => `                ${note}`),
    `  operator key  ${join(dir.secrets, 'operator', 'operator-key')}`,
    '',
    ...containerTable(containers).map((line) => `  ${line}`),
    ...receiptLines(proven),
  ].join('\n');
}

/** What the operator must know of the public certificate beside how it is. */
export const certificateNotes = ({ remade, warning }: PublicCertificate): string[] => [
  ...(remade === undefined ? [] : [`made anew, since of the former one: ${remade}`]),
  ...(warning === undefined ? [] : [`WARNING: ${warning}`]),
];
