import { createHash, randomBytes } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { withoutBrackets } from '@origin-stack/core/infra/hosts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { type GivenSettings, operatorsOf, requireSettings } from '../settings/checkSettings.ts';
import { valueProblem } from '../settings/envFile.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { requireLocalBind } from './localProxy.ts';
import { listOverlays, type Overlay, overlaysOf } from './overlays.ts';
import { type ImageTags, imagesOf, tagSetting } from './pinnedImages.ts';
import { requireUsablePaths } from './requireUsablePaths.ts';

/** What an operator may say; what he does not say stays as it was. */
export interface InitChoices {
  url?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  bind?: string | undefined;
  /** Where the published port is another than the public URL's, as behind a balancer. */
  httpsPort?: number | undefined;
  httpPort?: number | undefined;
  subnet?: string | undefined;
  trustedProxies?: string | undefined;
  overlays?: string[] | undefined;
  /** Overlays that are taken away. */
  without?: string[] | undefined;
  /** `NAME=VALUE` */
  overlaySettings?: string[] | undefined;
  /** `NAME=FILE` */
  overlaySecrets?: string[] | undefined;
  project?: string | undefined;
  /** Take the images of this checkout also in place of those that are pinned. */
  imagesOfCheckout?: boolean;
  /** Of this checkout. */
  tags?: ImageTags | undefined;
  /** Settings of the processes; an empty one is taken away. */
  given?: GivenSettings | undefined;
}

const DEFAULT_URL = 'https://localhost';
const DEFAULT_PROJECT = 'origin-stack';

/** Of the one installation that a command may begin; a second look in the same run sees the same. */
const NEW_INSTALLATION = randomBytes(8).toString('hex');

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);

/** The settings that follow. Throws UsageError for a choice that cannot be, PreconditionError for a path that Compose cannot read. */
export function settingsOf(
  dir: BundleDir,
  choices: InitChoices,
  known: BundleSettings | undefined,
): BundleSettings {
  requireUsablePaths(dir);
  const url = parsePublicUrl(choices.url ?? known?.ORIGIN_PUBLIC_URL ?? DEFAULT_URL);
  const httpsPort = String(choices.httpsPort ?? publishedPort(url, known));
  const isNewPort = known === undefined || httpsPort !== known.ORIGIN_HTTPS_PORT;
  const httpPort = isNewPort ? (httpsPort === '443' ? '80' : '8080') : known.ORIGIN_HTTP_PORT;
  const overlays = overlayNames(choices, known?.ORIGIN_OVERLAYS ?? '');
  const project = projectOf(choices.project ?? known?.COMPOSE_PROJECT_NAME ?? DEFAULT_PROJECT);
  const settings: BundleSettings = {
    COMPOSE_PROJECT_NAME: project,
    ORIGIN_INSTALLATION: known?.ORIGIN_INSTALLATION || NEW_INSTALLATION,
    ORIGIN_SECRETS: dir.secrets,
    ORIGIN_TEXTFILE: dir.textfile,
    ORIGIN_PUBLIC_URL: url.origin,
    ORIGIN_PUBLIC_NAME: withoutBrackets(url.hostname),
    ORIGIN_BIND: addressOf(choices.bind ?? known?.ORIGIN_BIND ?? '127.0.0.1'),
    ORIGIN_HTTPS_PORT: httpsPort,
    ORIGIN_HTTP_PORT: choices.httpPort === undefined ? httpPort : String(choices.httpPort),
    ORIGIN_OVERLAYS: overlays,
    ORIGIN_TRUSTED_PROXIES: networksOf(choices.trustedProxies ?? known?.ORIGIN_TRUSTED_PROXIES ?? ''),
    ORIGIN_SUBNET: subnetOf(choices.subnet ?? known?.ORIGIN_SUBNET ?? subnetFor(project)),
    // Without it Compose refuses the base file alone.
    ...(overlays === '' ? { ORIGIN_PLAIN: 'yes' } : {}),
    ...tagsIn(
      choices.imagesOfCheckout ? { ...known, ...choices.tags } : { ...choices.tags, ...known },
      overlays,
    ),
    ...settingsOfOverlays(overlaysOf(overlays), choices.overlaySettings ?? [], known),
    ...operatorsOf('bundle', { ...known, ...choices.given }),
  };
  requireWritable(settings);
  requireLocalBind(settings);
  requireSettings('bundle', settings, dir.envFile);
  return settings;
}

/** Of the images that these overlays need, and no other. */
function tagsIn(tags: ImageTags, overlays: string): ImageTags {
  const names = imagesOf({ ORIGIN_OVERLAYS: overlays }).map(tagSetting);
  return Object.fromEntries(names.flatMap((name) => (tags[name] ? [[name, tags[name]]] : [])));
}

/** A checkout may lie at a path that no file of settings can hold. Throws PreconditionError before anything is made. */
function requireWritable(settings: BundleSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    const problem = valueProblem(value ?? '');
    if (problem === undefined) continue;
    throw new PreconditionError({ what: `${name} cannot be ${value}`, why: `it ${problem}` });
  }
}

/** The URL's port, or the other one that was chosen before. */
function publishedPort(url: URL, known: BundleSettings | undefined): string {
  const portOf = ({ port }: URL) => port || '443';
  const isChosen =
    known !== undefined && known.ORIGIN_HTTPS_PORT !== portOf(new URL(known.ORIGIN_PUBLIC_URL));
  return isChosen ? known.ORIGIN_HTTPS_PORT : portOf(url);
}

/** Compose's own rule for the name of a project. */
function projectOf(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  throw new UsageError({
    what: `${name} cannot be the name of a project`,
    why: 'it is made of lower-case letters, digits, - and _, and begins with a letter or a digit',
    next: './stack init --project origin-test',
  });
}

function addressOf(address: string): string {
  if (isIP(address) !== 0) return address;
  throw new UsageError({
    what: `${address} is no address of this host`,
    next: './stack init --bind 192.0.2.10, or --bind 0.0.0.0 for every one',
  });
}

/** Each project has a /24 of its own, so that a second installation needs no further flag; a collision is seen before `up`. */
export function subnetFor(project: string): string {
  if (project === DEFAULT_PROJECT) return '10.213.88';
  const third = (createHash('sha256').update(project).digest()[0] ?? 0) % 254;
  return `10.213.${third < 88 ? third : third + 1}`;
}

/** The bundle's networks must not hide an address of the world: RFC 1918 only. */
function subnetOf(prefix: string): string {
  const isPrefix = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){2}$/.test(prefix) && isIP(`${prefix}.0`) === 4;
  if (isPrefix && PRIVATE.check(`${prefix}.0`, 'ipv4')) return prefix;
  throw new UsageError({
    what: `${prefix} is no private /24`,
    why: 'it is the first three numbers of one, as 10.213.88 or 192.168.77',
    next: './stack init --subnet 10.213.88',
  });
}

/** Those in force and those that are named, without those that are taken away; `none` alone takes every one away. */
function overlayNames({ overlays: named = [], without = [] }: InitChoices, inForce: string): string {
  if (named.includes('none')) {
    if (named.length === 1) return '';
    throw new UsageError({
      what: '--overlay none takes every overlay away',
      why: 'another is named with it',
    });
  }
  const known = listOverlays();
  const unknown = [...named, ...without].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError({
      what: `there is no overlay ${unknown}`,
      why: `there are: ${known.join(', ')}, none`,
    });
  }
  const all = new Set([...inForce.split(',').filter(Boolean), ...named]);
  return [...all].filter((name) => !without.includes(name)).join(',');
}

/** What the overlays ask for, from the flags or as it was; nothing else stays. */
function settingsOfOverlays(overlays: Overlay[], given: string[], known: BundleSettings | undefined) {
  const asked = Object.assign({}, ...overlays.map(({ settings }) => settings)) as Overlay['settings'];
  const values = new Map(given.map((text) => splitPair(text, 'set', asked)));
  const settings: Record<string, string> = {};
  for (const name of Object.keys(asked)) {
    const value = values.get(name) ?? known?.[name as `ORIGIN_${string}`];
    if (value !== undefined) settings[name] = value;
  }
  const missing = Object.entries(asked).filter(
    ([name, what]) => !(name in settings) && !what.startsWith('optional'),
  );
  if (missing.length === 0) return settings;
  throw new UsageError({
    what: `the overlay needs ${missing.map(([name]) => name).join(', ')}`,
    why: missing.map(([name, what]) => `${name}: ${what}`).join('\n'),
    next: `type it again with ${missing.map(([name]) => `--set ${name}=…`).join(' ')}`,
  });
}

/** `NAME=VALUE`, whose name an overlay asks for and whose value a file of settings can hold. */
export function splitPair(text: string, flag: 'set' | 'secret', asked: object): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  const problem = valueProblem(value);
  if (name in asked && problem === undefined) return [name, value];
  const names = Object.keys(asked).join(', ');
  throw new UsageError({
    what:
      name in asked
        ? `--${flag} ${name} ${problem}`
        : `no overlay asks for --${flag} ${text.replace(/=.*/s, '')}`,
    why: names ? `the overlays ask for ${names}` : 'no overlay that is in force asks for any',
    next: `name the overlay too: --overlay OVERLAY --${flag} NAME=${flag === 'set' ? 'VALUE' : 'FILE'}`,
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
