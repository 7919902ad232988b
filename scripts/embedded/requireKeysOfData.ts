import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { secretNames } from './secretFiles.ts';
import { SIGNING_KEY_ID, serviceFiles } from './serviceFiles.ts';
import type { StateDir } from './stateDir.ts';

/**
 * Throws PreconditionError where there is a database here and a key that it was written under is gone: a new one in its
 * place would make every account another and every API key unknown. Keys are made for an empty state directory only.
 */
export async function requireKeysOfData(dir: StateDir): Promise<void> {
  // Written by the first start that came as far as the database's addresses: by then the keys were there.
  if (
    !(await isThere(serviceFiles(dir).urls.owner)) ||
    !(await isThere(join(dir.postgresData, 'PG_VERSION')))
  )
    return;
  const { keysDir } = serviceFiles(dir);
  const needed = [
    join(keysDir, 'master.key'),
    join(keysDir, `${SIGNING_KEY_ID}.pem`),
    join(dir.secrets, secretNames.localEncryptionSalt),
  ];
  for (const file of needed) {
    if (await isThere(file)) continue;
    throw new PreconditionError({
      what: `${file} is missing`,
      why: 'the database here was written under it, and is of no use under another',
      next: `put ${basename(file)} back from a backup`,
    });
  }
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );
