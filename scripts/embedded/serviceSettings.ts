import { existsSync } from 'node:fs';
import type { SettingName } from '@origin-stack/core/config/settings';
import { FORM_DEFAULTS, type GivenSettings, operatorsOf } from '../settings/checkSettings.ts';
import { WHERE_GIVEN } from '../settings/whereGiven.ts';
import type { Secret, SecretName } from './secretFiles.ts';
import { SIGNING_KEY_ID, serviceFiles } from './serviceFiles.ts';
import type { StateDir } from './stateDir.ts';

type Environment = Partial<Record<SettingName | `${SettingName}_FILE`, string>>;

export interface ServiceInput {
  dir: StateDir;
  secrets: Record<SecretName, Secret>;
  ports: Ports;
  /** What the operator gives. */
  given?: GivenSettings;
}

export interface Ports {
  api: number;
  internal: number;
  workerInternal: number;
}

/** So that a receiver on this machine can be tried; nowhere but here is that the default. */
const LOOPBACK = '127.0.0.0/8,::1/128';

/**
 * The environment of API and worker: addresses and secrets only as names of files, and of what the operator gives, what
 * the service reads.
 */
export function serviceSettings(
  service: 'api' | 'worker',
  { dir, secrets, ports, given = {} }: ServiceInput,
): Record<string, string> {
  const files = serviceFiles(dir);
  const settings: Environment = {
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
    // Each process knows its own alone.
    OWN_LISTENERS: [ports.api, ports.internal, ports.workerInternal]
      .map((port) => `127.0.0.1:${port}`)
      .join(','),
    ...FORM_DEFAULTS.embedded,
    ...(existsSync(files.egressProxyUrl) ? { EGRESS_PROXY_URL_FILE: files.egressProxyUrl } : {}),
    ...readBy(service, given),
    WEBHOOK_ALLOWED_CIDRS: [LOOPBACK, given.WEBHOOK_ALLOWED_CIDRS].filter(Boolean).join(','),
  };
  return { PATH: process.env.PATH ?? '', ...settings };
}

const readBy = (service: 'api' | 'worker', given: GivenSettings): GivenSettings =>
  Object.fromEntries(
    Object.entries(operatorsOf('embedded', given)).filter(([name]) =>
      WHERE_GIVEN[name as SettingName].readers.includes(service),
    ),
  );
