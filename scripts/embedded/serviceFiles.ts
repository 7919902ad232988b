import { join } from 'node:path';
import { processSettingsOf } from '@origin-stack/core/config/readSettings';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { ROLES, type RolePasswords } from '@origin-stack/core/infra/bootstrapDatabase';
import { createLocalKeys } from '@origin-stack/core/infra/keyProviders/local';
import { LIST_FILE, listEntry, listText, serviceKeyOf } from '../bundle/keys/serviceKeys.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { GivenSettings } from '../settings/checkSettings.ts';
import { openSecret, type Secret, type SecretName } from './secretFiles.ts';
import type { StateDir } from './stateDir.ts';

export const SIGNING_KEY_ID = 'signing-1';
export const DATABASE = 'origin';

/** Files that hold what a service's settings read: addresses with their passwords, keys and digest lists. */
export interface ServiceFiles {
  keysDir: string;
  operatorKey: Secret;
  serviceKeyList: string;
  urls: Record<keyof typeof ROLES | 'redis', string>;
}

export const serviceFiles = (dir: StateDir) => ({
  keysDir: join(dir.secrets, 'keys'),
  serviceKeyList: join(dir.secrets, LIST_FILE),
  /** The operator's own, where he brings one. */
  egressProxyUrl: join(dir.secrets, 'egress-proxy-url'),
  urls: {
    owner: join(dir.secrets, 'database-url-owner'),
    api: join(dir.secrets, 'database-url-api'),
    worker: join(dir.secrets, 'database-url-worker'),
    redis: join(dir.secrets, 'redis-url'),
  },
});

/**
 * Makes the local keys and the operator's key where they are not there yet, and the digest list from it. `SIGNING_KEY_BITS`
 * counts for the key that is made at the first start.
 */
export async function makeServiceFiles(dir: StateDir, given: GivenSettings = {}): Promise<ServiceFiles> {
  const files = serviceFiles(dir);
  const bits = Number(processSettingsOf(['SIGNING_KEY_BITS'], given).SIGNING_KEY_BITS);
  await createLocalKeys({ path: files.keysDir, signingKeyId: SIGNING_KEY_ID, bits });
  const operatorKey = await openSecret(dir, 'operator-key', () => generateApiKey('op').key);
  const list = listText([listEntry(serviceKeyOf('operator'), operatorKey.value)]);
  await writeFileAtomically(files.serviceKeyList, list, { mode: 0o400 });
  return { ...files, operatorKey };
}

/** Writes the addresses of the running servers, with each role's password; ports may differ from run to run. */
export async function writeAddresses(
  dir: StateDir,
  servers: { superuserUrl: string; redisUrl: string; passwords: RolePasswords },
): Promise<Record<keyof typeof ROLES, string>> {
  const { urls } = serviceFiles(dir);
  const written = {} as Record<keyof typeof ROLES, string>;
  for (const part of ['owner', 'api', 'worker'] as const) {
    const url = new URL(servers.superuserUrl);
    url.username = ROLES[part];
    url.password = servers.passwords[part];
    url.pathname = `/${DATABASE}`;
    written[part] = url.href;
    await writeFileAtomically(urls[part], url.href, { mode: 0o400 });
  }
  await writeFileAtomically(urls.redis, servers.redisUrl, { mode: 0o400 });
  return written;
}

export const rolePasswords = (secrets: Record<SecretName, Secret>): RolePasswords => ({
  owner: secrets.databaseOwner.value,
  api: secrets.databaseApi.value,
  worker: secrets.databaseWorker.value,
});
