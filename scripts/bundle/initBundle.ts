import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { acquireRunLock } from '../lib/runLock.ts';
import type { BundleDir } from './bundleDir.ts';
import { type BundleSettings, readBundleSettings, writeBundleSettings } from './bundleSettings.ts';
import type { KeyPair } from './certificates.ts';
import { listOverlays } from './compose.ts';
import { makeByContainer } from './makeByContainer.ts';
import { makeInstallation } from './makeInstallation.ts';
import type { PublicCertificate } from './publicCertificate.ts';

/** What an operator may say; what he does not say stays as it was. */
export interface InitChoices {
  url?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  bind?: string | undefined;
  httpPort?: number | undefined;
  subnet?: string | undefined;
  trustedProxies?: string | undefined;
  overlays?: string[] | undefined;
  project?: string | undefined;
}

export interface Initialised {
  settings: BundleSettings;
  /** Secrets that were made now, as `folder/file`. */
  made: string[];
  certificate: PublicCertificate;
}

const DEFAULT_URL = 'https://localhost';

/**
 * Makes the bundle's settings, secrets and certificates where they are not there yet. A second call changes nothing
 * but what the choices name.
 */
export async function initBundle(dir: BundleDir, choices: InitChoices): Promise<Initialised> {
  if ((choices.cert === undefined) !== (choices.key === undefined)) {
    throw new UsageError({ what: '--cert and --key belong together', next: './stack init --cert F --key F' });
  }
  const release = await acquireRunLock(dir.lockFile, 'init');
  try {
    const known = await readBundleSettings(dir);
    const settings = { ...settingsOf(dir, choices, known), ORIGIN_VERSION: productVersion };
    const uid = process.getuid?.() ?? 0;
    const input = {
      tree: { root: dir.secrets, operatorUid: uid },
      settings,
      brought: await broughtBy(choices),
    };
    const { made, certificate } = uid === 0 ? await makeInstallation(input) : await makeByContainer(input);
    if (JSON.stringify(settings) !== JSON.stringify(known)) {
      await mkdir(dirname(dir.envFile), { recursive: true });
      await writeBundleSettings(dir, settings);
    }
    return { settings, made, certificate };
  } finally {
    await release();
  }
}

/** The pair that the operator names. */
async function broughtBy({ cert, key }: InitChoices): Promise<KeyPair | undefined> {
  if (cert === undefined || key === undefined) return undefined;
  return { certificate: await readGiven(cert), key: await readGiven(key) };
}

async function readGiven(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PreconditionError({
      what: `cannot read ${file}`,
      why: error.code,
      next: 'name a PEM file: --cert F --key F',
    });
  });
}

function settingsOf(dir: BundleDir, choices: InitChoices, known: BundleSettings | undefined): BundleSettings {
  const url = parsePublicUrl(choices.url ?? known?.ORIGIN_PUBLIC_URL ?? DEFAULT_URL);
  const isNewUrl = known === undefined || url.origin !== known.ORIGIN_PUBLIC_URL;
  const httpsPort = isNewUrl ? url.port || '443' : known.ORIGIN_HTTPS_PORT;
  const httpPort = isNewUrl ? (httpsPort === '443' ? '80' : '8080') : known.ORIGIN_HTTP_PORT;
  return {
    COMPOSE_PROJECT_NAME: choices.project ?? known?.COMPOSE_PROJECT_NAME ?? 'origin-stack',
    ORIGIN_VERSION: productVersion,
    ORIGIN_SECRETS: dir.secrets,
    ORIGIN_PUBLIC_URL: url.origin,
    ORIGIN_PUBLIC_NAME: url.hostname,
    ORIGIN_BIND: choices.bind ?? known?.ORIGIN_BIND ?? '127.0.0.1',
    ORIGIN_HTTPS_PORT: httpsPort,
    ORIGIN_HTTP_PORT: choices.httpPort === undefined ? httpPort : String(choices.httpPort),
    ORIGIN_OVERLAYS: overlaysOf(choices.overlays) ?? known?.ORIGIN_OVERLAYS ?? '',
    ORIGIN_TRUSTED_PROXIES: networksOf(choices.trustedProxies ?? known?.ORIGIN_TRUSTED_PROXIES ?? ''),
    ORIGIN_SUBNET: choices.subnet ?? known?.ORIGIN_SUBNET ?? '10.213.88',
  };
}

/** `none` takes every overlay away. */
function overlaysOf(names: string[] | undefined): string | undefined {
  if (names === undefined || names.length === 0) return undefined;
  const known = listOverlays();
  const wanted = names.filter((name) => name !== 'none');
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return wanted.join(',');
  throw new UsageError({
    what: `there is no overlay ${unknown}`,
    why: `there are: ${known.join(', ')}, none`,
  });
}

/** Written as they are into nginx's configuration: nothing else may stand there. */
function networksOf(text: string): string {
  const networks = text.split(/[ ,]+/).filter((network) => network !== '');
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const longest = { 4: 32, 6: 128 }[isIP(address)];
    const isNetwork = bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (longest ?? 0));
    if (longest === undefined || !isNetwork) {
      throw new UsageError({
        what: `${network} is no network`,
        next: './stack init --trusted-proxies 10.0.0.0/24,10.0.1.7',
      });
    }
  }
  return networks.join(',');
}

function parsePublicUrl(text: string): URL {
  const url = URL.parse(text);
  const isPlain = url?.pathname === '/' && !url.search && !url.hash && !url.username;
  if (url?.protocol === 'https:' && isPlain) return url;
  throw new UsageError({
    what: `${text} cannot be the public URL`,
    why: 'it must be https://NAME or https://NAME:PORT and no more',
    next: './stack init --url https://origin.example.com',
  });
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
