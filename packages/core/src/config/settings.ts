import { hosts, proxyUrl } from './proxySettingTypes.ts';
import {
  flag,
  host,
  integer,
  listeners,
  names,
  networks,
  oneOf,
  type SettingType,
  secret,
  text,
  url,
} from './settingTypes.ts';

export interface Setting<T = unknown> {
  type: SettingType<T>;
  /** What applies where nothing is set; undefined where something must be. */
  fallback?: T | undefined;
  /** True where it may stay unset. */
  optional?: boolean;
  help: string;
}

const setting = <T>(type: SettingType<T>, help: string, fallback?: T): Setting<T> => ({
  type,
  help,
  fallback,
});
const optional = <T>(type: SettingType<T>, help: string): Setting<T | undefined> => ({
  type: type as SettingType<T | undefined>,
  help,
  optional: true,
});

const DAYS = integer(1, 36_500);
const PORT = integer(0, 65_535);

/** Every setting of the API and the worker. Each can also be given as a file: `<NAME>_FILE`. */
export const SETTINGS = {
  ENVIRONMENT: setting(
    oneOf('development', 'test', 'production'),
    'development and test allow local keys and a local object store',
  ),
  LOG_LEVEL: setting(oneOf('debug', 'info', 'warn', 'error'), 'What is logged', 'info'),
  DATABASE_URL: setting(url('postgres', 'postgresql'), "The database, by the service's own login role"),
  DATABASE_POOL_MIN: setting(integer(0, 500), 'Connections that are kept open', 20),
  DATABASE_POOL_MAX: setting(integer(1, 500), 'Connections at the most', 50),
  DATABASE_ACQUIRE_TIMEOUT_MS: setting(
    integer(100, 120_000),
    'How long a request waits for a connection',
    30_000,
  ),
  DATABASE_CONNECTION_LIFETIME_SECONDS: setting(integer(10, 86_400), 'When a connection is replaced', 1800),
  REDIS_URL: setting(url('redis', 'rediss'), 'Redis or Valkey'),
  API_HOST: setting(host, 'Address of the public listener', '127.0.0.1'),
  API_PORT: setting(PORT, 'Port of the public listener', 8080),
  INTERNAL_HOST: setting(host, 'Address of the internal listener (metrics, full health)', '127.0.0.1'),
  INTERNAL_PORT: setting(PORT, 'Port of the internal listener', 9090),
  TLS_CA_FILE: optional(
    text,
    'Who signs the certificates of the installation; with the next two: mutual TLS for the database, Redis, S3, Vault and both listeners',
  ),
  TLS_CERT_FILE: optional(text, "The process's own certificate, for server and client use"),
  TLS_KEY_FILE: optional(text, 'Its private key'),
  TLS_EXTRA_CA_FILE: optional(
    text,
    'Who else may sign the servers that the process calls, such as an external database; nobody who calls it',
  ),
  API_CLIENT_NAMES: setting(
    names,
    'Names (CN) of the client certificates that the public listener admits, with TLS_CERT_FILE',
    ['nginx'],
  ),
  PUBLIC_URL: setting(url('http', 'https'), 'How callers reach the API', 'http://127.0.0.1:8080'),
  TRUSTED_PROXIES: setting(networks, 'Proxies whose X-Forwarded-For is believed', []),
  IP_ALLOWLIST_FAIL_OPEN: setting(
    flag,
    'Admit a client where an allowlist entry or its address does not parse',
    false,
  ),
  LEGACY_APIKEY_FALLBACK: setting(flag, 'Accept imported bcrypt keys until their first use', false),
  RATE_LIMIT_TTL_SECONDS: setting(
    integer(60, 86_400),
    'Slack after the longest window that a Redis key serves',
    600,
  ),
  SERVICE_KEYS_FILE: optional(text, 'Digest list of service and operator keys'),
  SIGNING_KEY_PROVIDER: setting(oneOf('local', 'aws_kms', 'vault'), 'What holds the signing key'),
  SIGNING_KEY_ID: setting(
    text,
    'local: name of the key file; aws_kms: key id or ARN; vault: name of the transit key',
  ),
  SIGNING_KEY_PATH: optional(text, 'local: folder of the key files'),
  SIGNING_KEY_BITS: setting(oneOf('2048', '3072', '4096'), 'Size of a signing key that is made', '3072'),
  LOCAL_ENCRYPTION_SALT: optional(secret(32), 'local: random per installation'),
  AWS_REGION: optional(text, 'aws_kms: region'),
  AWS_KMS_ENDPOINT: optional(url('http', 'https'), 'aws_kms: another endpoint than the public one'),
  VAULT_ADDR: optional(url('http', 'https'), 'vault: address of Vault or OpenBao'),
  VAULT_ROLE_ID: optional(text, "vault: the service's AppRole"),
  VAULT_SECRET_ID: optional(secret(16), 'vault: secret id of that AppRole'),
  VAULT_TRANSIT_MOUNT: setting(text, 'vault: where the transit engine is mounted', 'transit'),
  WRAPPING_KEY_ID: optional(text, 'aws_kms, vault: symmetric key that wraps data keys'),
  PEPPER_KEY_ID: optional(text, 'aws_kms, vault: key whose HMAC gives the pepper'),
  MODELS_PATH: optional(text, 'Folder of the model files; the ones that are shipped where unset'),
  MINIO_ENDPOINT: optional(url('http', 'https'), 'S3 storage; unset: the local folder OBJECTS_PATH'),
  MINIO_PUBLIC_ENDPOINT: optional(
    url('http', 'https'),
    'How callers reach the S3 storage; MINIO_ENDPOINT where unset',
  ),
  MINIO_ACCESS_KEY: optional(secret(3), 'S3 access key id'),
  MINIO_SECRET_KEY: optional(secret(8), 'S3 secret key'),
  MINIO_BUCKET: setting(text, 'S3 bucket', 'origin-evidence'),
  MINIO_REGION: setting(text, 'S3 region', 'us-east-1'),
  OBJECTS_PATH: optional(text, 'Folder for evidence packs, in development and test'),
  EVIDENCE_SIGNED_URL_TTL: setting(integer(60, 604_800), 'Seconds that a download URL is good for', 3600),
  WEBHOOK_ALLOWED_CIDRS: setting(networks, 'Own networks that webhooks may reach', []),
  OWN_LISTENERS: setting(
    listeners,
    'Other listeners of this installation, which no webhook may reach; those of this process and of its settings are known',
    [],
  ),
  WEBHOOK_CA_FILE: optional(
    text,
    'Certificates that webhook endpoints may be signed by, beside the public ones',
  ),
  EGRESS_PROXY_URL: optional(
    proxyUrl,
    'Proxy (CONNECT) for webhooks, S3, Vault and AWS KMS; not for PostgreSQL and Redis, which speak no HTTP',
  ),
  EGRESS_NO_PROXY: setting(
    hosts,
    'Hosts that are reached without EGRESS_PROXY_URL, as are names without a dot and loopback',
    [],
  ),
  WORKER_CONCURRENCY: setting(integer(1, 200), 'Tasks at once', 8),
  OUTBOX_EXPECTED_DEPTH: setting(
    integer(1, 100_000_000),
    'Pieces of work that may be due at once; nothing is refused beyond, but from 80 % on the alert QueueOverloaded fires',
    10_000,
  ),
  WORKER_RENDER_THREADS: setting(integer(1, 16), 'Threads that render reports', 1),
  SHUTDOWN_TIMEOUT_SECONDS: setting(integer(1, 300), 'How long a stop waits for what is under way', 20),
  WATCHDOG_FD: setting(
    integer(0, 1023),
    'Given by the watchdog: the descriptor that takes the heartbeats; 0 is none',
    0,
  ),
  WATCHDOG_REPLACEMENTS: setting(
    integer(0, 1_000_000),
    'Given by the watchdog: how often it replaced this process',
    0,
  ),
  RETENTION_UPLOADS_DAYS: setting(DAYS, 'Uploads, their signals, packs and objects', 730),
  RETENTION_DELIVERIES_DAYS: setting(DAYS, 'Webhook events and deliveries that ended', 30),
  RETENTION_OUTBOX_DAYS: setting(DAYS, 'Work that is done', 7),
} satisfies Record<string, Setting>;

type Values = {
  [N in keyof typeof SETTINGS]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never;
};

export type Settings = Values;
export type SettingName = keyof typeof SETTINGS;
