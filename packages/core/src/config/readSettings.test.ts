import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from './readSettings.ts';
import { SETTINGS, type SettingName } from './settings.ts';

const dir = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(dir, { recursive: true }));

const SALT = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';
const development = {
  ENVIRONMENT: 'development',
  DATABASE_URL: 'postgres://origin_api:k3Wq9pZt@127.0.0.1:5432/origin',
  REDIS_URL: 'redis://:v7Rn2xLc@127.0.0.1:6379',
  SIGNING_KEY_PROVIDER: 'local',
  SIGNING_KEY_ID: 'k1',
  SIGNING_KEY_PATH: '/keys',
  LOCAL_ENCRYPTION_SALT: SALT,
  OBJECTS_PATH: '/objects',
};
const production = {
  ENVIRONMENT: 'production',
  DATABASE_URL: development.DATABASE_URL,
  REDIS_URL: development.REDIS_URL,
  PUBLIC_URL: 'https://origin.example.org',
  SIGNING_KEY_PROVIDER: 'aws_kms',
  SIGNING_KEY_ID: 'alias/signing',
  AWS_REGION: 'eu-central-1',
  WRAPPING_KEY_ID: 'alias/wrapping',
  PEPPER_KEY_ID: 'alias/pepper',
  MINIO_ENDPOINT: 'https://objects.example.org',
  MINIO_ACCESS_KEY: 'origin-packs',
  MINIO_SECRET_KEY: 'q8Zr2kLm9XtB',
};
const identity = {
  TLS_CA_FILE: '/run/secrets/ca.crt',
  TLS_CERT_FILE: '/run/secrets/tls.crt',
  TLS_KEY_FILE: '/run/secrets/tls.key',
};
const bundle = {
  ...production,
  ...identity,
  REDIS_URL: 'rediss://api:v7Rn2xLc@redis:6379',
  SIGNING_KEY_PROVIDER: 'vault',
  VAULT_ADDR: 'https://vault:8200',
  VAULT_ROLE_ID: 'origin-api',
  VAULT_SECRET_ID: '1f0e8a4c-6c3d-4a53-9d0b-0a5f7c1c2d3e',
};
type Env = Record<string, string | undefined>;

/** What is wrong with an environment, a line a problem. */
function problemsOf(env: Env): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).problems;
  }
}
const namesOf = (env: Env) => problemsOf(env).map((problem) => problem.split(':')[0]);

describe('readSettings', () => {
  it('reads an environment of development and of production, with defaults for the rest', () => {
    expect(readSettings(development)).toMatchObject({ ENVIRONMENT: 'development', DATABASE_POOL_MAX: 50 });
    expect(readSettings(production)).toMatchObject({
      DATABASE_POOL_MIN: 20,
      DATABASE_ACQUIRE_TIMEOUT_MS: 30_000,
      DATABASE_CONNECTION_LIFETIME_SECONDS: 1_800,
      EVIDENCE_SIGNED_URL_TTL: 3_600,
      RATE_LIMIT_TTL_SECONDS: 600,
      MINIO_BUCKET: 'origin-evidence',
      LEGACY_APIKEY_FALLBACK: false,
      IP_ALLOWLIST_FAIL_OPEN: false,
      WEBHOOK_ALLOWED_CIDRS: [],
      OBJECTS_PATH: undefined,
    });
  });

  it('reads the environment of the bundle, whose API admits its own proxy alone', () => {
    expect(readSettings(bundle)).toMatchObject({
      VAULT_TRANSIT_MOUNT: 'transit',
      API_CLIENT_NAMES: ['nginx'],
    });
    expect(readSettings({ ...bundle, API_CLIENT_NAMES: 'nginx, edge-2' }).API_CLIENT_NAMES).toEqual([
      'nginx',
      'edge-2',
    ]);
  });

  it.each([
    ['[::1]', '::1'],
    ['::', '::'],
    ['0.0.0.0', '0.0.0.0'],
    ['api.internal', 'api.internal'],
  ])('takes %s for where to listen, without the brackets of a URL', (text, host) => {
    const read = readSettings({ ...development, API_HOST: text, INTERNAL_HOST: text });
    expect(read).toMatchObject({ API_HOST: host, INTERNAL_HOST: host });
  });

  it('reads listeners as URLs write them, one after the other', () => {
    const read = readSettings({ ...development, OWN_LISTENERS: '127.0.0.1:9090, [::1]:9091,api-a:9443' });
    expect(read.OWN_LISTENERS).toEqual([
      { host: '127.0.0.1', port: 9090 },
      { host: '::1', port: 9091 },
      { host: 'api-a', port: 9443 },
    ]);
    for (const text of ['127.0.0.1', '::1:9090', 'a:0', 'a:65536', 'http://a:9090']) {
      expect(namesOf({ ...development, OWN_LISTENERS: text }), text).toEqual(['OWN_LISTENERS']);
    }
  });

  it.each(['127.0.0.1:8080', '[::1]:8080', '[127.0.0.1]', 'http://localhost', 'a b', '[::1'])(
    'takes %s for no place to listen at',
    (text) => expect(namesOf({ ...development, API_HOST: text })).toEqual(['API_HOST']),
  );

  it('takes a scheme in capitals for the same', () => {
    const REDIS_URL = bundle.REDIS_URL.replace('rediss', 'REDISS');
    const { VAULT_ADDR, ...read } = readSettings({ ...bundle, VAULT_ADDR: 'HTTPS://vault:8200', REDIS_URL });
    expect([VAULT_ADDR, read.REDIS_URL]).toEqual([bundle.VAULT_ADDR, bundle.REDIS_URL]);
    expect(namesOf({ ...production, PUBLIC_URL: 'HTTP://origin.example.org' })).toEqual(['PUBLIC_URL']);
  });

  it('names every setting that must be set, at once', () => {
    expect(namesOf({}).sort()).toEqual([
      'DATABASE_URL',
      'ENVIRONMENT',
      'MINIO_ENDPOINT',
      'REDIS_URL',
      'SIGNING_KEY_ID',
      'SIGNING_KEY_PROVIDER',
    ]);
  });

  it('names malformed values and contradictions together, each once', () => {
    const env = {
      ...production,
      LOG_LEVEL: 'loud',
      API_PORT: '70000',
      DATABASE_POOL_MIN: '60',
      SIGNING_KEY_PROVIDER: 'local',
      IP_ALLOWLIST_FAIL_OPEN: 'true',
      MINIO_SECRET_KEY: 'minioadmin',
      PUBLIC_URL: 'http://origin.example.org',
    };
    expect(namesOf(env).sort()).toEqual([
      'API_PORT',
      'DATABASE_POOL_MIN',
      'IP_ALLOWLIST_FAIL_OPEN',
      'LOCAL_ENCRYPTION_SALT',
      'LOG_LEVEL',
      'MINIO_SECRET_KEY',
      'PUBLIC_URL',
      'SIGNING_KEY_PATH',
      'SIGNING_KEY_PROVIDER',
    ]);
  });

  it.each<[string, Env]>([
    ['SIGNING_KEY_PROVIDER', { ...development, ENVIRONMENT: 'production' }],
    ['MINIO_ENDPOINT', { ...production, MINIO_ENDPOINT: undefined, OBJECTS_PATH: '/objects' }],
    ['PUBLIC_URL', { ...production, PUBLIC_URL: undefined }],
    ['PUBLIC_URL', { ...production, PUBLIC_URL: 'http://origin.example.org' }],
    ['VAULT_ADDR', { ...production, VAULT_ADDR: 'http://vault:8200' }],
    ['DATABASE_URL', { ...production, DATABASE_URL: 'postgres://origin_api@db/origin' }],
    ['REDIS_URL', { ...production, REDIS_URL: 'redis://redis:6379' }],
    ['IP_ALLOWLIST_FAIL_OPEN', { ...production, IP_ALLOWLIST_FAIL_OPEN: 'true' }],
  ])('refuses in production what endangers it: %s', (name, env) => {
    expect(namesOf(env)).toContain(name);
  });

  it.each([
    ['DATABASE_URL', 'postgres://postgres:postgres@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:postgres123456@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:change%6De-now@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:<password>@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:your-password@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:origin%5Fapi@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:k3Wq9pZ@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:%6b%33%57%71@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:k3Wq9pZt@db/origin?password=postgres'],
    ['REDIS_URL', 'redis://:redis-redis@redis'],
    ['REDIS_URL', 'redis://:rootroot@redis'],
    ['REDIS_URL', 'redis://:default@redis'],
    ['REDIS_URL', 'redis://originuser:originuser@redis'],
    ['SIGNING_KEY_ID', 'your-signing-key'],
    ['SIGNING_KEY_ID', '<key id or ARN>'],
    ['WRAPPING_KEY_ID', 'alias/your-wrapping-key'],
    ['PEPPER_KEY_ID', 'arn:aws:kms:eu-central-1:111122223333:key/<id>'],
    ['PEPPER_KEY_ID', 'changeme'],
  ] as [SettingName, string][])('refuses in production the default credential of %s: %s', (name, value) => {
    expect(namesOf({ ...production, [name]: value })).toEqual([name]);
    expect(problemsOf({ ...production, [name]: value }).join()).not.toContain(value);
    if (name.endsWith('_URL')) expect(problemsOf({ ...development, [name]: value })).toEqual([]);
  });

  it.each([
    ['DATABASE_URL', 'postgres://origin_api:100%25-kW9q@db/origin'],
    ['DATABASE_URL', 'postgres://origin_api:k3Wq9pZt%zz@db/origin'],
    ['REDIS_URL', 'rediss://default:v7Rn2xLcRoot@redis:6380'],
    ['SIGNING_KEY_ID', 'arn:aws:kms:eu-central-1:111122223333:key/1f0e8a4c-6c3d-4a53-9d0b-0a5f7c1c2d3e'],
    ['PEPPER_KEY_ID', 'alias/example-corp-pepper'],
  ] as [SettingName, string][])('takes in production what somebody made for %s: %s', (name, value) => {
    expect(problemsOf({ ...production, [name]: value })).toEqual([]);
  });

  it.each<[string, Env]>([
    ['SIGNING_KEY_PATH', { ...development, SIGNING_KEY_PATH: undefined }],
    ['LOCAL_ENCRYPTION_SALT', { ...development, LOCAL_ENCRYPTION_SALT: undefined }],
    ['AWS_REGION', { ...production, AWS_REGION: undefined }],
    ['WRAPPING_KEY_ID', { ...production, WRAPPING_KEY_ID: '' }],
    ['PEPPER_KEY_ID', { ...production, PEPPER_KEY_ID: undefined }],
    ['MINIO_ACCESS_KEY', { ...production, MINIO_ACCESS_KEY: undefined }],
    ['MINIO_SECRET_KEY', { ...production, MINIO_SECRET_KEY: undefined }],
    ['MINIO_ENDPOINT', { ...development, OBJECTS_PATH: undefined }],
    ['DATABASE_POOL_MIN', { ...development, DATABASE_POOL_MIN: '51' }],
    ['VAULT_ADDR', { ...bundle, VAULT_ADDR: undefined }],
    ['VAULT_ADDR', { ...bundle, VAULT_ADDR: 'http://vault:8200' }],
    ['VAULT_ROLE_ID', { ...bundle, VAULT_ROLE_ID: undefined }],
    ['VAULT_SECRET_ID', { ...bundle, VAULT_SECRET_ID: undefined }],
    ['PEPPER_KEY_ID', { ...bundle, PEPPER_KEY_ID: undefined }],
    ['TLS_CA_FILE', { ...bundle, TLS_CA_FILE: undefined }],
    ['TLS_CERT_FILE', { ...bundle, TLS_CERT_FILE: undefined }],
    ['TLS_KEY_FILE', { ...bundle, TLS_KEY_FILE: undefined }],
    ['TLS_EXTRA_CA_FILE', { ...development, TLS_EXTRA_CA_FILE: '/ca.crt' }],
    ['REDIS_URL', { ...bundle, REDIS_URL: production.REDIS_URL }],
    ['MINIO_ENDPOINT', { ...bundle, MINIO_ENDPOINT: 'http://s3-guard:9443' }],
  ])('says that %s is missing or contradicts another, and nothing else', (name, env) => {
    expect(namesOf(env)).toEqual([name]);
  });

  it.each([
    'changeme',
    'change-me-please-change-me-please!',
    'CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE',
    'password-password-password-password',
    'minioadmin',
    'postgres-postgres-postgres-postgres',
    'redis-redis-redis-redis-redis-redis',
    'root-root-root-root-root-root-root-root',
    'your-salt-your-salt-your-salt-your-salt',
    '<a random text of at least 32 characters>',
    'placeholder-placeholder-placeholder',
    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'short',
  ])('refuses %j as a secret', (text) => {
    expect(namesOf({ ...development, LOCAL_ENCRYPTION_SALT: text })).toEqual(['LOCAL_ENCRYPTION_SALT']);
  });

  it.each([
    ['API_PORT', ['-1', '65536', '8080.5', '1e3', '0x50', ' 80', 'NaN', '']],
    ['API_CLIENT_NAMES', ['nginx,', 'nginx;api', 'CN=nginx', ' ']],
    ['LEGACY_APIKEY_FALLBACK', ['yes', '1', 'TRUE', 'on']],
    ['TRUSTED_PROXIES', ['10.0.0.5/8', '10.1', 'all', '10.0.0.0/8;192.0.2.0/24']],
    ['PUBLIC_URL', ['origin.example.org', 'ftp://origin.example.org', 'javascript:alert(1)']],
  ] as [SettingName, string[]][])('refuses %s that is one of %j', (name, wrong) => {
    for (const text of wrong.filter((one) => one !== '')) {
      expect(namesOf({ ...development, [name]: text })).toEqual([name]);
    }
  });

  it('takes an empty value for none', () => {
    expect(readSettings({ ...development, API_PORT: '' }).API_PORT).toBe(8080);
  });
});

describe('a value in a file', () => {
  const file = join(dir, 'secret');

  it.each(Object.keys(SETTINGS) as SettingName[])('can be given for %s', (name) => {
    const given: Env = {
      ...production,
      ...development,
      ...identity,
      REDIS_URL: bundle.REDIS_URL,
      ENVIRONMENT: 'test',
    };
    const text = given[name] ?? { ...DEFAULTS }[name];
    writeFileSync(file, `${text}\n`);
    const { [name]: _, ...rest } = given;
    expect(readSettings({ ...rest, [`${name}_FILE`]: file })[name]).toEqual(
      readSettings({ ...given, [name]: text })[name],
    );
  });

  it('loses its last newline and no other, and a byte order mark', () => {
    const read = (content: string) => {
      writeFileSync(file, content);
      return readSettings({ ...development, SIGNING_KEY_ID: undefined, SIGNING_KEY_ID_FILE: file })
        .SIGNING_KEY_ID;
    };
    expect(read('k1\n')).toBe('k1');
    expect(read('k1\r\n')).toBe('k1');
    expect(read('k1\n\n')).toBe('k1\n');
    expect(read(' k1')).toBe(' k1');
    expect(read('\ufeffk1\r\n')).toBe('k1');
  });

  it('beside the value itself is refused', () => {
    writeFileSync(file, SALT);
    expect(problemsOf({ ...development, LOCAL_ENCRYPTION_SALT_FILE: file })).toEqual([
      'LOCAL_ENCRYPTION_SALT: is given twice: take away LOCAL_ENCRYPTION_SALT or LOCAL_ENCRYPTION_SALT_FILE',
    ]);
  });

  it('that cannot be read is a problem like any other', () => {
    const env = {
      ...development,
      LOCAL_ENCRYPTION_SALT: undefined,
      LOCAL_ENCRYPTION_SALT_FILE: `${dir}/none`,
    };
    expect(problemsOf({ ...env, LOG_LEVEL: 'loud' })).toHaveLength(2);
    expect(problemsOf(env)[0]).toContain('ENOENT');
  });
});

/** Something valid for each setting that neither environment above names. */
const DEFAULTS: Env = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { type, fallback }]) => {
    const isList = Array.isArray(fallback);
    if (isList && type.expects.startsWith('host:port')) return [name, '192.0.2.1:80,[2001:db8::1]:81'];
    if (isList) return [name, fallback.join() || '192.0.2.0/24,2001:db8::/32'];
    if (fallback !== undefined) return [name, String(fallback)];
    return [name, type.expects.startsWith('URL') ? 'https://example.org' : 'a-value-that-is-long-enough'];
  }),
);

describe('a problem', () => {
  it('never holds the value that is wrong, whatever was written where', () => {
    const canary = 'change-me-hunter2-canary';
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      for (const given of [{ [name]: canary }, { [name]: undefined, [`${name}_FILE`]: `/${canary}` }]) {
        for (const problem of problemsOf({ ...development, ...given })) {
          expect(problem).not.toContain('hunter2');
        }
      }
    }
    const url = { DATABASE_URL: `mysql://root:${canary}@db/x`, REDIS_URL: `redis//:${canary}@redis` };
    const problems = problemsOf({ ...production, ...url });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('every setting', () => {
  it.each(Object.entries(SETTINGS))('%s says what it is for and what may be written', (_, setting) => {
    expect(setting.help.length).toBeGreaterThan(8);
    expect(setting.type.expects.length).toBeGreaterThan(3);
  });

  it('has a default that its own type accepts', () => {
    for (const { type, fallback } of Object.values(SETTINGS)) {
      if (fallback === undefined) continue;
      const text = Array.isArray(fallback) ? fallback.join(',') : String(fallback);
      expect(type.parse(text)).toEqual(fallback);
    }
  });
});
