import { SETTINGS } from '@origin-stack/core/config/settings';
import { expect, it } from 'vitest';
import { builtEnvironment } from './builtEnvironment.ts';

const keeps = (name: string): boolean => name in builtEnvironment({ [name]: 'x' });

it('keeps each setting, also as a file, and the ways to the network and to the engine', () => {
  const settings = Object.keys(SETTINGS).flatMap((name) => [name, `${name}_FILE`]);
  const ways = [
    'HTTPS_PROXY',
    'no_proxy',
    'GOPROXY',
    'PIP_INDEX_URL',
    'NPM_CONFIG_REGISTRY',
    'SSL_CERT_FILE',
    'DOCKER_HOST',
  ];
  expect([...settings, ...ways].filter((name) => !keeps(name))).toEqual([]);
});

it.each([
  ...[
    'PGSSLMODE',
    'PGOPTIONS',
    'PGPASSFILE',
    'NODE_OPTIONS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'NODE_USE_ENV_PROXY',
  ],
  ...[
    'COMPOSE_PROJECT_NAME',
    'COMPOSE_FILE',
    'COMPOSE_PROFILES',
    'BUILDX_BUILDER',
    'DOCKER_DEFAULT_PLATFORM',
  ],
  ...['AWS_ACCESS_KEY_ID', 'MINIO_ROOT_USER', 'REDISCLI_AUTH', 'VAULT_TOKEN', 'BAO_ADDR', 'ORIGIN_SUBNET'],
  ...[
    'TZ',
    'LANG',
    'LC_ALL',
    'LD_PRELOAD',
    'BASH_ENV',
    'ENV',
    'CDPATH',
    'IFS',
    'GOFLAGS',
    'PIP_TARGET',
    'PYTHONPATH',
    'APT_CONFIG',
    'npm_config_prefix',
  ],
])('keeps %s from commands and from what they start', (name) => {
  expect(keeps(name)).toBe(false);
});
