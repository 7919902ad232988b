import type { SettingName } from '@origin-stack/core/config/settings';

/** The two forms of an installation. */
export type Form = 'bundle' | 'embedded';

/** Who reads a setting: the services, and operators' commands such as `./stack key`. */
export type Reader = 'api' | 'worker' | 'commands';

/** Who gives a setting: the operator by `./stack config set`, or the installation, with how that is changed. */
export type Given = 'operator' | { by: 'installation' | 'secret'; how: string };

export interface WhereGiven {
  readers: Reader[];
  bundle: Given;
  embedded: Given;
  /** Of those whose value is a path on this host. */
  path?: 'file' | 'folder';
}

const own = (how: string): Given => ({ by: 'installation', how });
const secret = (how: string): Given => ({ by: 'secret', how });
const services: Reader[] = ['api', 'worker'];
const all: Reader[] = ['api', 'worker', 'commands'];

const byOperator = (...readers: Reader[]): WhereGiven => ({
  readers,
  bundle: 'operator',
  embedded: 'operator',
});
const byInstallation = (readers: Reader[], bundle: string, embedded = bundle): WhereGiven => ({
  readers,
  bundle: own(bundle),
  embedded: own(embedded),
});

export const WHERE_RUN_ALONE = 'where you run API and worker yourself';
const MADE_AT_START = 'made at the first start';
const VAULT = './stack up --overlay external-vault';
const S3 = './stack up --overlay external-s3';

/** For each setting, where it is given in each form; a new one does not compile without. */
export const WHERE_GIVEN: Record<SettingName, WhereGiven> = {
  ENVIRONMENT: byInstallation(services, 'always production', 'always development'),
  LOG_LEVEL: byOperator(...services),
  DATABASE_URL: {
    readers: all,
    bundle: secret('./stack up --overlay external-postgres --secret api-database-url=FILE'),
    embedded: secret(MADE_AT_START),
  },
  DATABASE_POOL_MIN: byOperator(...services),
  DATABASE_POOL_MAX: byOperator(...services),
  DATABASE_ACQUIRE_TIMEOUT_MS: byOperator(...services),
  DATABASE_CONNECTION_LIFETIME_SECONDS: byOperator(...services),
  REDIS_URL: {
    readers: all,
    bundle: secret('./stack up --overlay external-redis --secret api-redis-url=FILE'),
    embedded: secret(MADE_AT_START),
  },
  API_HOST: byInstallation(services, './stack up --bind ADDRESS', 'always loopback'),
  API_PORT: byInstallation(
    services,
    './stack up --url https://NAME:PORT',
    './stack up --embedded --port PORT',
  ),
  INTERNAL_HOST: byInstallation(services, 'inside its network only', 'always loopback'),
  INTERNAL_PORT: byInstallation(
    services,
    'inside its network only',
    './stack up --embedded --internal-port PORT --worker-port PORT',
  ),
  TLS_CA_FILE: byInstallation(all, './stack renew-certs', 'without TLS'),
  TLS_CERT_FILE: byInstallation(all, './stack renew-certs', 'without TLS'),
  TLS_KEY_FILE: byInstallation(all, './stack renew-certs', 'without TLS'),
  TLS_EXTRA_CA_FILE: byInstallation(
    all,
    'an overlay of a part of your own: ./stack up --secret external-ca.crt=FILE',
    'without TLS',
  ),
  API_CLIENT_NAMES: byInstallation(['api'], 'always nginx', 'without TLS'),
  PUBLIC_URL: byInstallation(all, './stack up --url URL', './stack up --embedded --port PORT'),
  TRUSTED_PROXIES: {
    readers: ['api'],
    bundle: own('./stack up --trusted-proxies CIDR,…'),
    embedded: 'operator',
  },
  IP_ALLOWLIST_FAIL_OPEN: {
    readers: ['api'],
    bundle: own('always false in production'),
    embedded: 'operator',
  },
  LEGACY_APIKEY_FALLBACK: byOperator('api', 'commands'),
  RATE_LIMIT_TTL_SECONDS: byOperator('api', 'commands'),
  SERVICE_KEYS_FILE: byInstallation(services, './stack rotate-api-key', MADE_AT_START),
  SIGNING_KEY_PROVIDER: byInstallation(all, 'always vault', 'always local'),
  SIGNING_KEY_ID: byInstallation(all, MADE_AT_START),
  SIGNING_KEY_PATH: byInstallation(all, WHERE_RUN_ALONE, MADE_AT_START),
  SIGNING_KEY_BITS: { readers: ['commands'], bundle: own('always 3072, in Vault'), embedded: 'operator' },
  LOCAL_ENCRYPTION_SALT: {
    readers: all,
    bundle: own(WHERE_RUN_ALONE),
    embedded: secret(MADE_AT_START),
  },
  AWS_REGION: byInstallation(services, WHERE_RUN_ALONE),
  AWS_KMS_ENDPOINT: byInstallation(services, WHERE_RUN_ALONE),
  VAULT_ADDR: byInstallation(all, `${VAULT} --set ORIGIN_VAULT_ADDR=URL`, WHERE_RUN_ALONE),
  VAULT_ROLE_ID: byInstallation(all, `${VAULT} --set ORIGIN_VAULT_API_ROLE=ID`, WHERE_RUN_ALONE),
  VAULT_SECRET_ID: {
    readers: all,
    bundle: secret(`${VAULT} --secret api-vault-secret-id=FILE`),
    embedded: own(WHERE_RUN_ALONE),
  },
  VAULT_TRANSIT_MOUNT: byInstallation(all, 'always transit', WHERE_RUN_ALONE),
  WRAPPING_KEY_ID: byInstallation(all, MADE_AT_START, WHERE_RUN_ALONE),
  PEPPER_KEY_ID: byInstallation(all, MADE_AT_START, WHERE_RUN_ALONE),
  MODELS_PATH: { ...byOperator('api', 'commands'), path: 'folder' },
  MINIO_ENDPOINT: byInstallation(services, `${S3} --set ORIGIN_S3_ENDPOINT=URL`, WHERE_RUN_ALONE),
  MINIO_PUBLIC_ENDPOINT: byInstallation(services, `${S3} --set ORIGIN_S3_ENDPOINT=URL`, WHERE_RUN_ALONE),
  MINIO_ACCESS_KEY: {
    readers: services,
    bundle: secret(`${S3} --secret s3-access-key=FILE`),
    embedded: own(WHERE_RUN_ALONE),
  },
  MINIO_SECRET_KEY: {
    readers: services,
    bundle: secret(`${S3} --secret s3-secret-key=FILE`),
    embedded: own(WHERE_RUN_ALONE),
  },
  MINIO_BUCKET: byInstallation(services, `${S3} --set ORIGIN_S3_BUCKET=NAME`, WHERE_RUN_ALONE),
  MINIO_REGION: byInstallation(services, `${S3} --set ORIGIN_S3_REGION=NAME`, WHERE_RUN_ALONE),
  OBJECTS_PATH: byInstallation(services, WHERE_RUN_ALONE, 'in the folder of its state'),
  EVIDENCE_SIGNED_URL_TTL: byOperator('api'),
  WEBHOOK_ALLOWED_CIDRS: byOperator(...services),
  OWN_LISTENERS: byInstallation(services, 'known by its networks', 'known by its ports'),
  WEBHOOK_CA_FILE: { ...byOperator('worker'), path: 'file' },
  EGRESS_PROXY_URL: {
    readers: all,
    bundle: secret('./stack up --overlay egress-proxy --secret egress-proxy-url=FILE'),
    embedded: secret('the file egress-proxy-url (0600) in the secrets of its state, then start it again'),
  },
  EGRESS_NO_PROXY: {
    readers: all,
    bundle: own('./stack up --overlay egress-proxy --set ORIGIN_EGRESS_NO_PROXY=HOST,…'),
    embedded: 'operator',
  },
  WORKER_CONCURRENCY: byOperator('worker'),
  OUTBOX_EXPECTED_DEPTH: byOperator('worker'),
  WORKER_RENDER_THREADS: byOperator('worker'),
  SHUTDOWN_TIMEOUT_SECONDS: byOperator(...services),
  WATCHDOG_FD: byInstallation(services, 'given by the watchdog', 'without a watchdog'),
  WATCHDOG_REPLACEMENTS: byInstallation(services, 'given by the watchdog', 'without a watchdog'),
  RETENTION_UPLOADS_DAYS: byOperator('worker'),
  RETENTION_DELIVERIES_DAYS: byOperator('worker'),
  RETENTION_OUTBOX_DAYS: byOperator('worker'),
};

/** Those that the operator gives. */
export const operatorSettings = (form: Form): SettingName[] =>
  (Object.keys(WHERE_GIVEN) as SettingName[]).filter((name) => WHERE_GIVEN[name][form] === 'operator');

/** How a setting is changed that is not the operator's in this form; undefined for his own, and for what is no setting. */
export function howElse(form: Form, name: string): string | undefined {
  const given = WHERE_GIVEN[name.replace(/_FILE$/, '') as SettingName] ?? WHERE_GIVEN[name as SettingName];
  if (given === undefined || given[form] === 'operator') return undefined;
  const { by, how } = given[form];
  return by === 'secret' ? `it is a secret, which comes by ${how}` : how;
}
