import type { InitChoices } from './initBundle.ts';

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
    summary: 'your proxies in front: their X-Forwarded-For names the client (default none)',
  },
  overlay: {
    type: 'string',
    placeholder: 'NAME',
    multiple: true,
    summary: 'a part of another kind, by its file in compose/overlays; several times; none takes them away',
  },
  subnet: {
    type: 'string',
    placeholder: 'A.B.C',
    summary: "a free /24 for the bundle's networks (default 10.213.88)",
  },
  project: {
    type: 'string',
    placeholder: 'NAME',
    summary: "Compose's project, where one host runs several bundles (default origin-stack)",
  },
} as const;

type GivenFlags = {
  [Name in keyof typeof initFlags]?:
    | (Name extends 'http-port' ? number : Name extends 'overlay' ? string[] : string)
    | undefined;
};

export const choicesOf = (flags: GivenFlags): InitChoices => ({
  url: flags.url,
  cert: flags.cert,
  key: flags.key,
  bind: flags.bind,
  httpPort: flags['http-port'],
  trustedProxies: flags['trusted-proxies'],
  overlays: flags.overlay,
  subnet: flags.subnet,
  project: flags.project,
});
