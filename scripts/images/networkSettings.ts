import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../engine/runTool.ts';

const CA = '/run/secrets/ca';
const CA_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
const PASSED_ON =
  /^(https?_proxy|no_proxy|all_proxy|GO(PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|NOSUMCHECK)|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY)|npm_config_(registry|proxy|https_proxy|noproxy))$/i;

/** The host's bundle of certificate authorities: what the environment names, else the system's. */
export function findCaBundle(env: NodeJS.ProcessEnv): string | undefined {
  return [env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS, ...CA_BUNDLES].find((path) => path && existsSync(path));
}

/**
 * The host's way to the network as a shell script that a build step reads: proxies, mirrors and their credentials
 * for apt, npm, pip and Go. Files go to /dev/shm, which is no part of an image.
 */
export async function describeNetwork(env: NodeJS.ProcessEnv): Promise<string> {
  const home = homedir();
  const [npmrc, pip, goEnv, netrc, apt] = await Promise.all([
    readLines(
      [join(home, '.npmrc'), '/etc/npmrc'],
      /^(registry|@[^:=]+:registry|proxy|https-proxy|noproxy|strict-ssl|\/\/)/,
    ),
    readLines(
      [join(home, '.config/pip/pip.conf'), join(home, '.pip/pip.conf'), '/etc/pip.conf'],
      /^(index-url|extra-index-url|trusted-host|proxy)\s*=/,
    ),
    readLines([join(home, '.config/go/env')], /^GO(PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE)=/),
    readLines([env.NETRC ?? join(home, '.netrc')], /./),
    aptSettings(),
  ]);
  const exported = Object.entries(env).flatMap(([name, value]) =>
    PASSED_ON.test(name) && value ? [`export ${name}=${quote(value)}`] : [],
  );
  return [
    `if [ -s ${CA} ]; then`,
    `  export SSL_CERT_FILE=${CA} NODE_EXTRA_CA_CERTS=${CA} PIP_CERT=${CA} REQUESTS_CA_BUNDLE=${CA} CURL_CA_BUNDLE=${CA}`,
    'fi',
    ...exported,
    ...file('apt.conf', [`Acquire::https::CaInfo "${CA}";`, 'APT::Sandbox::User "root";', ...apt]),
    'export APT_CONFIG=/dev/shm/apt.conf',
    ...file('npmrc', npmrc),
    'export NPM_CONFIG_USERCONFIG=/dev/shm/npmrc',
    ...file('pip.conf', ['[global]', ...pip]),
    'export PIP_CONFIG_FILE=/dev/shm/pip.conf',
    ...file('goenv', goEnv),
    'export GOENV=/dev/shm/goenv',
    ...file('netrc', netrc),
    'export NETRC=/dev/shm/netrc',
    '',
  ].join('\n');
}

const file = (name: string, lines: string[]): string[] => [
  // Readable for root alone, without changing the mask that what is installed gets.
  `(umask 077; cat >/dev/shm/${name}) <<'END_OF_FILE'`,
  ...lines,
  'END_OF_FILE',
];

const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

async function readLines(paths: string[], wanted: RegExp): Promise<string[]> {
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => wanted.test(line.trim()));
}

/** apt's proxies and checks of dates as the host has them. */
async function aptSettings(): Promise<string[]> {
  const { code, output } = await runTool('apt-config', ['dump']);
  if (code !== 0) return [];
  const wanted = /^Acquire::(https?::(proxy|no-proxy)|(Check-Valid-Until|Check-Date|Retries) )/i;
  return output.split('\n').filter((line) => wanted.test(line));
}
