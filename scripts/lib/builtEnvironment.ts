import { SETTINGS } from '@origin-stack/core/config/settings';

/**
 * All that a command, and every program that it starts, gets of the shell's environment. The rest was set for another
 * program: `PGSSLMODE` would change how a command talks to our database, `COMPOSE_PROJECT_NAME` whose containers it stops.
 * Where to look before adding a name: who reads it, and what a stray value would do.
 */
const KEPT = new Set([
  // Who types, where programs are, where files of a user go.
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'SUDO_USER', 'TMPDIR'],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'],
  // What the terminal can show.
  ...['TERM', 'COLORTERM', 'NO_COLOR', 'CI'],
  // The engine.
  ...[
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_CONFIG',
    'DOCKER_CERT_PATH',
    'DOCKER_TLS_VERIFY',
    'SSH_AUTH_SOCK',
  ],
  // A company's certificate authority.
  ...[
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'NODE_EXTRA_CA_CERTS',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'NETRC',
  ],
  // What the image says of itself, and the running installation that tests use.
  ...['STACK_IN_BUNDLE', 'ORIGIN_TEST_BUNDLE'],
  // The product's own.
  ...Object.keys(SETTINGS).flatMap((name) => [name, `${name}_FILE`]),
]);

/** Proxies and mirrors, which builds and installations go through; nothing of ours on loopback reads them. */
const KEPT_KINDS = [
  /^(https?|no|all)_proxy$/i,
  /^GO(PROXY|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|NOSUMCHECK)$/,
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|PROXY|CERT)$/,
  /^npm_config_(registry|proxy|https_proxy|noproxy|cafile|cache|userconfig|strict_ssl)$/i,
  /^TESTCONTAINERS_/,
];

/** The part of an environment that commands work in. */
export function builtEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(given).filter(([name]) => isKept(name)));
}

/** Takes everything else out of this process's own, before anything reads it; programs that it starts inherit the rest. */
export function keepBuiltEnvironment(): void {
  // In the bundle's containers compose.yml has built it.
  if (process.env.STACK_IN_BUNDLE === 'true') return;
  for (const name of Object.keys(process.env)) if (!isKept(name)) delete process.env[name];
}

const isKept = (name: string): boolean => KEPT.has(name) || KEPT_KINDS.some((kind) => kind.test(name));
