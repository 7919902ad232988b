import type { SettingName } from '@origin-stack/core/config/settings';
import type { Secret, SecretName } from './secretFiles.ts';
import { SIGNING_KEY_ID, serviceFiles } from './serviceFiles.ts';
import type { StateDir } from './stateDir.ts';

type Environment = Partial<Record<SettingName | `${SettingName}_FILE`, string>>;

export interface Ports {
  api: number;
  internal: number;
  workerInternal: number;
}

/** Settings that an operator may change from outside; all others are the embedded default's own. */
const TUNABLE: SettingName[] = [
  'LOG_LEVEL',
  'TRUSTED_PROXIES',
  'WEBHOOK_CA_FILE',
  'MODELS_PATH',
  'EVIDENCE_SIGNED_URL_TTL',
  'DATABASE_POOL_MIN',
  'DATABASE_POOL_MAX',
  'RATE_LIMIT_TTL_SECONDS',
  'WORKER_CONCURRENCY',
  'WORKER_RENDER_THREADS',
];

/**
 * The environment of API and worker: addresses and secrets only as names of files. Loopback is admitted for webhooks,
 * so that a receiver on this machine can be tried; nowhere but here is that the default.
 */
export function serviceSettings(
  service: 'api' | 'worker',
  { dir, secrets, ports }: { dir: StateDir; secrets: Record<SecretName, Secret>; ports: Ports },
): Record<string, string> {
  const files = serviceFiles(dir);
  const settings: Environment = {
    ENVIRONMENT: 'development',
    DATABASE_URL_FILE: files.urls[service],
    REDIS_URL_FILE: files.urls.redis,
    API_PORT: String(ports.api),
    // Each process has an internal listener of its own.
    INTERNAL_PORT: String(service === 'api' ? ports.internal : ports.workerInternal),
    PUBLIC_URL: `http://127.0.0.1:${ports.api}`,
    SERVICE_KEYS_FILE: files.serviceKeyList,
    SIGNING_KEY_PROVIDER: 'local',
    SIGNING_KEY_ID,
    SIGNING_KEY_PATH: files.keysDir,
    LOCAL_ENCRYPTION_SALT_FILE: secrets.localEncryptionSalt.file,
    OBJECTS_PATH: dir.objects,
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1/128',
    // Each process knows its own alone.
    OWN_LISTENERS: [ports.api, ports.internal, ports.workerInternal]
      .map((port) => `127.0.0.1:${port}`)
      .join(','),
    DATABASE_POOL_MIN: '4',
  };
  const given = TUNABLE.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { PATH: process.env.PATH ?? '', ...settings, ...Object.fromEntries(given) };
}
