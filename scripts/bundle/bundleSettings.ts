import { existsSync, readFileSync } from 'node:fs';
import { imageList } from '../images/imageList.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { GivenSettings } from '../settings/checkSettings.ts';
import { type EnvFileNames, editEnvFile, parseEnvFile } from '../settings/envFile.ts';
import { howElse, operatorSettings } from '../settings/whereGiven.ts';
import { type BundleDir, EARLIER_ENV } from './bundleDir.ts';
import { listOverlays, readOverlay } from './overlays.ts';
import { imagesOf, tagSetting } from './pinnedImages.ts';

/** What Compose is told: the settings of one bundle, none of them secret, with those of its processes that the operator gives. */
export interface BundleSettings extends GivenSettings {
  /** Compose's project: the prefix of containers, networks and volumes. */
  COMPOSE_PROJECT_NAME: string;
  /** Random, for good: what tells this installation's containers and volumes from another's. */
  ORIGIN_INSTALLATION: string;
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
  /** Which image of a name it runs: `ORIGIN_TAG_APP`, as `0.1.0-3f…`. */
  [ofImage: `ORIGIN_TAG_${string}`]: string;
  /** What overlays ask for; `ORIGIN_PLAIN` where none is in force, and the Compose file alone is the bundle. */
  [ofOverlay: `ORIGIN_${string}`]: string;
}

const OWN_NAMES = [
  'COMPOSE_PROJECT_NAME',
  'ORIGIN_INSTALLATION',
  'ORIGIN_SECRETS',
  'ORIGIN_TEXTFILE',
  'ORIGIN_PUBLIC_URL',
  'ORIGIN_PUBLIC_NAME',
  'ORIGIN_BIND',
  'ORIGIN_HTTPS_PORT',
  'ORIGIN_HTTP_PORT',
  'ORIGIN_OVERLAYS',
  'ORIGIN_TRUSTED_PROXIES',
  'ORIGIN_SUBNET',
  'ORIGIN_PLAIN',
];

/** Read once: the file is parsed for each command of Compose. */
let ofOverlays: string[] | undefined;

/** Every name that the file may hold. */
export function bundleNames(): EnvFileNames {
  ofOverlays ??= listOverlays().flatMap((name) => Object.keys(readOverlay(name).settings));
  return {
    known: [
      ...OWN_NAMES,
      ...imageList.map(({ name }) => tagSetting(name)),
      ...operatorSettings('bundle'),
      ...ofOverlays,
    ],
    belongs: (name) => (name.startsWith('COMPOSE_') ? OF_COMPOSE : howElse('bundle', name)),
  };
}

const OF_COMPOSE = './stack says it to Compose itself; take the line away';

/**
 * The settings that were written, or undefined before the first `init`. Throws PreconditionError with the lines that are not as
 * they must be, so that no part of a bundle is run by defaults that nobody chose.
 */
export function bundleSettingsIn({ envFile }: BundleDir): BundleSettings | undefined {
  if (!existsSync(envFile)) return undefined;
  const settings = readSettings(envFile);
  if (settings.COMPOSE_PROJECT_NAME) return { ORIGIN_OVERLAYS: '', ...settings } as BundleSettings;
  throw new PreconditionError({
    what: `${envFile} has no COMPOSE_PROJECT_NAME`,
    why: 'Compose would name the project after a folder, and make a second one',
    next: 'write COMPOSE_PROJECT_NAME=…, as ./stack init --project did: origin-stack where you gave none',
  });
}

/** A file of a checkout that named no images says what they were by its version, which the next `up` takes away. */
function readSettings(envFile: string): Record<string, string> {
  const { known, ...others } = bundleNames();
  const read = (file: string) =>
    parseEnvFile(readFileSync(file, 'utf8'), file, { ...others, known: [...known, EARLIER] });
  const { [EARLIER]: version, ...settings } = read(envFile);
  if (version === undefined) return settings;
  const tags = read(EARLIER_ENV);
  const names = imagesOf({ ORIGIN_OVERLAYS: settings.ORIGIN_OVERLAYS ?? '' }).map(tagSetting);
  return { ...Object.fromEntries(names.map((name) => [name, tags[name] ?? ''])), ...settings };
}

/** Whether Compose has to be told what such a file does not say. */
export const isEarlierFile = ({ envFile }: BundleDir): boolean =>
  existsSync(envFile) && new RegExp(`^${EARLIER}=`, 'm').test(readFileSync(envFile, 'utf8'));

const EARLIER = 'ORIGIN_VERSION';

/** The same, for those that await it. */
export const readBundleSettings = async (dir: BundleDir): Promise<BundleSettings | undefined> =>
  bundleSettingsIn(dir);

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

export interface SettingChange {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

/** What differs between two states of the settings, in the order of the second. */
export function changedSettings(
  known: BundleSettings | undefined,
  settings: BundleSettings,
): SettingChange[] {
  const before: Record<string, string | undefined> = { ...known };
  const after: Record<string, string | undefined> = { ...settings };
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names
    .map((name) => ({ name, before: before[name], after: after[name] }))
    .filter((one) => one.before !== one.after);
}

/** Writes them into the file; comments and the order of its lines stay. */
export async function writeBundleSettings(dir: BundleDir, settings: BundleSettings): Promise<void> {
  const text = (await readIfThere(dir.envFile))?.toString() ?? HEADER;
  await writeFileAtomically(dir.envFile, editEnvFile(text, { ...settings }), { mode: 0o644 });
}

const HEADER =
  '# Made by ./stack init. Change it by ./stack init with flags, ./stack config set, or here; no secret belongs here.\n';
