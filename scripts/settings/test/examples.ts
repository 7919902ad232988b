import { readSettings } from '@origin-stack/core/config/readSettings';
import type { SettingName } from '@origin-stack/core/config/settings';
import type { GivenSettings } from '../checkSettings.ts';

/** For each setting that an operator may give in one form at least: a value that is no default. */
export const EXAMPLES: GivenSettings = {
  LOG_LEVEL: 'debug',
  DATABASE_POOL_MIN: '3',
  DATABASE_POOL_MAX: '17',
  DATABASE_ACQUIRE_TIMEOUT_MS: '12345',
  DATABASE_CONNECTION_LIFETIME_SECONDS: '777',
  TRUSTED_PROXIES: '10.9.0.0/16',
  IP_ALLOWLIST_FAIL_OPEN: 'true',
  LEGACY_APIKEY_FALLBACK: 'true',
  RATE_LIMIT_TTL_SECONDS: '601',
  SIGNING_KEY_BITS: '2048',
  MODELS_PATH: '/srv/models',
  EVIDENCE_SIGNED_URL_TTL: '1234',
  WEBHOOK_ALLOWED_CIDRS: '10.1.0.0/16,fd00::/8',
  WEBHOOK_CA_FILE: '/srv/company.pem',
  EGRESS_NO_PROXY: 'mirror.example,10.0.0.0/8',
  WORKER_CONCURRENCY: '5',
  OUTBOX_EXPECTED_DEPTH: '4321',
  WORKER_RENDER_THREADS: '2',
  SHUTDOWN_TIMEOUT_SECONDS: '19',
  RETENTION_UPLOADS_DAYS: '365',
  RETENTION_DELIVERIES_DAYS: '31',
  RETENTION_OUTBOX_DAYS: '8',
};

/** The settings that a process would read from an environment, whatever else is wrong with it: secrets are files elsewhere. */
export function readAsProcess(name: SettingName, env: Record<string, string | undefined>): unknown {
  const needed = {
    ENVIRONMENT: 'development',
    DATABASE_URL: 'postgres://u:secretly1@h/d',
    REDIS_URL: 'redis://:secretly1@h',
    SIGNING_KEY_PROVIDER: 'local',
    SIGNING_KEY_ID: 'k',
    SIGNING_KEY_PATH: '/k',
    LOCAL_ENCRYPTION_SALT: 'f0e1d2c3b4a5968778695a4b3c2d1e0f',
    OBJECTS_PATH: '/o',
  };
  const pools = { DATABASE_POOL_MIN: env.DATABASE_POOL_MIN, DATABASE_POOL_MAX: env.DATABASE_POOL_MAX };
  return readSettings({ ...needed, ...pools, [name]: env[name] })[name];
}
