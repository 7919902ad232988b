import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { StateDir } from './stateDir.ts';

/** The random secrets of the embedded default, each in a 0400 file of its own name. */
export const secretNames = {
  postgresSuperuser: 'postgres-superuser-password',
  databaseOwner: 'database-owner-password',
  databaseApi: 'database-api-password',
  databaseWorker: 'database-worker-password',
  redis: 'redis-password',
  localEncryptionSalt: 'local-encryption-salt',
} as const;

export type SecretName = keyof typeof secretNames;

/** A secret's value and the file that holds it, for settings that take `<NAME>_FILE`. */
export type Secret = { value: string; file: string };

const secretBytes = 32;

/** Reads every secret, making those that are not there yet (32 random bytes as base64url). */
export async function openSecrets(dir: StateDir): Promise<Record<SecretName, Secret>> {
  const opened = {} as Record<SecretName, Secret>;
  for (const [name, fileName] of Object.entries(secretNames)) {
    opened[name as SecretName] = await openSecret(dir, fileName);
  }
  return opened;
}

/** Reads one secret file, or makes it with what `make` returns. A file that is there and empty is an error. */
export async function openSecret(
  dir: StateDir,
  fileName: string,
  make: () => string = () => randomBytes(secretBytes).toString('base64url'),
): Promise<Secret> {
  const file = join(dir.secrets, fileName);
  const existing = (await readIfThere(file))?.toString().trim();
  if (existing !== undefined) {
    if (existing === '') {
      throw new PreconditionError({
        what: `the secret file ${file} is empty`,
        next: 'restore it from a backup',
      });
    }
    return { value: existing, file };
  }
  const value = make();
  await writeFileAtomically(file, value, { mode: 0o400 });
  return { value, file };
}
