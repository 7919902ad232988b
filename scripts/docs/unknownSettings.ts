import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '@origin-stack/core/config/settings';
import { listOverlays, readOverlay } from '../bundle/overlays.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { codeParts } from './codeParts.ts';

/** What every program on a host behind a proxy reads. */
const OF_THE_HOST = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];

/** What shells hold for other programs, and commands ignore. */
const IGNORED = ['NODE_OPTIONS', 'NODE_ENV', 'NODE_USE_ENV_PROXY', 'LD_PRELOAD'];

/** The settings of the bundle, of which the example shows every one. */
const ofTheBundle = () =>
  readFileSync(join(CHECKOUT, 'compose/.env.example'), 'utf8').matchAll(/^([A-Z][A-Z0-9_]*)=/gm);

const known = new Set([
  ...OF_THE_HOST,
  ...IGNORED,
  ...Object.keys(SETTINGS),
  ...[...ofTheBundle()].map(([, name]) => name ?? ''),
  ...listOverlays().flatMap((name) => Object.keys(readOverlay(name).settings)),
]);

/** Names in code that look like a setting (capitals with an underscore, or with a value) and are none. */
export function unknownSettings(markdown: string): string[] {
  return codeParts(markdown)
    .flatMap((part) => [
      ...part.matchAll(/(?<![\w$./-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}(?==))(?![\w-])/g),
    ])
    .map(([, name]) => name ?? '')
    .filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')));
}
