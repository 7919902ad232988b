import type { Db } from '../ports.ts';
import type { Keyring } from './keyring.ts';

/** The database was written under other keys than those that are here. */
export class WrongKeysError extends Error {
  constructor(name: string, expected: string, found: string) {
    super(
      `the ${name} key has the fingerprint ${found}, the database was written under ${expected}: ` +
        'put back the key files and LOCAL_ENCRYPTION_SALT (or the KMS keys) that this installation began with',
    );
    this.name = 'WrongKeysError';
  }
}

/**
 * Ties the database to its keys at the first start and compares at every later one: under another blind index or
 * pepper every account would be a new one and every API key unknown, with nothing said.
 */
export async function checkFingerprints(deps: { db: Db; keyring: Keyring; now: string }): Promise<void> {
  for (const name of ['pepper', 'blindIndex', 'requests'] as const) {
    const { id, fingerprint } = deps.keyring[name];
    await deps
      .db('key_fingerprints')
      .insert({ name, key_id: id, fingerprint, created_at: deps.now })
      .onConflict('name')
      .ignore();
    const row = await deps.db('key_fingerprints').where({ name }).first('fingerprint');
    if (row.fingerprint !== fingerprint) throw new WrongKeysError(name, row.fingerprint, fingerprint);
  }
}
