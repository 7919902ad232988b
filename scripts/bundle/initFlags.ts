import { operatorSettings } from '../settings/whereGiven.ts';
import type { InitChoices } from './initChoices.ts';

/** The flags of `init`, which `up` takes too. */
export const initFlags = {
  url: { type: 'string', placeholder: 'URL', summary: 'how callers reach it (default https://localhost)' },
  cert: { type: 'string', placeholder: 'FILE', summary: 'your certificate with its chain, PEM' },
  key: { type: 'string', placeholder: 'FILE', summary: 'its private key, PEM' },
  bind: {
    type: 'string',
    placeholder: 'ADDRESS',
    summary: 'address of this host to publish on (default 127.0.0.1; 0.0.0.0 is every one)',
  },
  'https-port': {
    type: 'integer',
    placeholder: 'PORT',
    min: 1,
    max: 65_535,
    summary: 'port of this host to publish https on, where a balancer in front has the port of the URL',
  },
  'http-port': {
    type: 'integer',
    placeholder: 'PORT',
    min: 1,
    max: 65_535,
    summary: 'port that redirects to https (default 80, or 8080 where https has another port than 443)',
  },
  'trusted-proxies': {
    type: 'string',
    placeholder: 'CIDR,…',
    summary:
      'your proxies in front, 127.0.0.1 for one on this host: their X-Forwarded-For names the client (default none)',
  },
  overlay: {
    type: 'string',
    placeholder: 'NAME',
    multiple: true,
    summary:
      'add a part of another kind, by its file in compose/overlays; several times; none takes every one away',
  },
  without: {
    type: 'string',
    placeholder: 'NAME',
    multiple: true,
    summary: 'take one overlay away; several times',
  },
  set: {
    type: 'string',
    placeholder: 'NAME=VALUE',
    multiple: true,
    summary: 'a setting, as ./stack config list names them, or one that an overlay asks for; several times',
  },
  secret: {
    type: 'string',
    placeholder: 'NAME=FILE',
    multiple: true,
    summary: 'a secret that an overlay asks for, copied from the file for its readers; several times',
  },
  subnet: {
    type: 'string',
    placeholder: 'A.B.C',
    summary: "a free /24 for the bundle's networks (default 10.213.88, or another for each --project)",
  },
  project: {
    type: 'string',
    placeholder: 'NAME',
    summary: "Compose's project, where one host runs several bundles (default origin-stack)",
  },
} as const;

type GivenFlags = {
  [Name in keyof typeof initFlags]?:
    | (Name extends 'https-port' | 'http-port'
        ? number
        : Name extends 'overlay' | 'without' | 'set' | 'secret'
          ? string[]
          : string)
    | undefined;
};

export const choicesOf = (flags: GivenFlags): InitChoices => ({
  url: flags.url,
  cert: flags.cert,
  key: flags.key,
  bind: flags.bind,
  httpsPort: flags['https-port'],
  httpPort: flags['http-port'],
  trustedProxies: flags['trusted-proxies'],
  overlays: flags.overlay,
  without: flags.without,
  overlaySettings: flags.set?.filter((pair) => !isOperators(pair)),
  given: Object.fromEntries(flags.set?.filter(isOperators).map(pairOf) ?? []),
  overlaySecrets: flags.secret,
  subnet: flags.subnet,
  project: flags.project,
});

const pairOf = (pair: string): [string, string] => [pair.replace(/=.*/s, ''), pair.replace(/^[^=]*=?/, '')];

const isOperators = (pair: string) => operatorSettings('bundle').some((name) => name === pairOf(pair)[0]);
