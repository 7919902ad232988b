import { PreconditionError } from '../lib/commandErrors.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { BundleDir } from './bundleDir.ts';

/** What Compose is told: the settings of one bundle, none of them secret. */
export interface BundleSettings {
  /** Compose's project: the prefix of containers, networks and volumes. */
  COMPOSE_PROJECT_NAME: string;
  ORIGIN_VERSION: string;
  /** Absolute. */
  ORIGIN_SECRETS: string;
  /** Absolute. */
  ORIGIN_TEXTFILE: string;
  /** `https://NAME[:PORT]`. */
  ORIGIN_PUBLIC_URL: string;
  /** The public name without scheme and port. */
  ORIGIN_PUBLIC_NAME: string;
  /** The address of the host that nginx publishes on. */
  ORIGIN_BIND: string;
  ORIGIN_HTTPS_PORT: string;
  ORIGIN_HTTP_PORT: string;
  /** Names of `compose/overlays/`, with commas. */
  ORIGIN_OVERLAYS: string;
  /** The operator's own proxies in front of nginx, as CIDRs with commas: their X-Forwarded-For is believed. */
  ORIGIN_TRUSTED_PROXIES: string;
  /** The first three numbers of the /24 for the networks with fixed addresses. */
  ORIGIN_SUBNET: string;
  /** What overlays ask for; `ORIGIN_PLAIN` where none is in force, and the Compose file alone is the bundle. */
  [ofOverlay: `ORIGIN_${string}`]: string;
}

const LINE = /^([A-Z0-9_]+)=(.*)$/;

/** The settings that were written, or undefined before the first `init`. */
export async function readBundleSettings(dir: BundleDir): Promise<BundleSettings | undefined> {
  const text = await readIfThere(dir.envFile);
  if (!text) return undefined;
  const lines = text
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [, name, value] = LINE.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    });
  return Object.fromEntries(lines) as BundleSettings;
}

/** The settings of a bundle that was initialised. Throws PreconditionError where none was. */
export async function requireBundle(dir: BundleDir): Promise<BundleSettings> {
  const settings = await readBundleSettings(dir);
  if (settings) return settings;
  throw new PreconditionError({
    what: 'there is no bundle here yet',
    why: `${dir.envFile} is not there`,
    next: './stack up',
  });
}

export async function writeBundleSettings(dir: BundleDir, settings: BundleSettings): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const text = [
    '# Made by ./stack init. Change values by ./stack init with flags, or here; no secret belongs here.',
    ...lines,
    '',
  ];
  await writeFileAtomically(dir.envFile, text.join('\n'), { mode: 0o644 });
}
