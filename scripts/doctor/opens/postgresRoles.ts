import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { BundleDir } from '../../bundle/bundleDir.ts';
import { askPostgres } from '../askPostgres.ts';

const ROLES = {
  owner: 'origin_owner',
  api: 'origin_api',
  worker: 'origin_worker',
  exporter: 'origin_exporter',
};

/** Files of `secrets/postgres` whose role has another password, held against what PostgreSQL keeps of it: nobody logs in for it. */
export async function postgresMismatches(
  dir: BundleDir,
  read: (path: string) => Promise<string | undefined>,
): Promise<string[]> {
  const kept = await askPostgres(
    dir,
    "select rolname || ' ' || rolpassword from pg_authid where rolpassword is not null",
  );
  const verifiers = new Map(kept.split('\n').map((line) => line.split(' ') as [string, string]));
  const wrong: string[] = [];
  for (const [part, role] of Object.entries(ROLES)) {
    const path = `postgres/${part}-password`;
    const [verifier, password] = [verifiers.get(role), await read(path)];
    if (verifier !== undefined && password !== undefined && !isPasswordOf(verifier, password))
      wrong.push(path);
  }
  return wrong;
}

/** `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey` (RFC 5802 §3); ours are ASCII, which SASLprep leaves as it is. */
export function isPasswordOf(verifier: string, password: string): boolean {
  const [, iterations, salt = '', storedKey = ''] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier) ?? [];
  if (iterations === undefined) return false;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const stored = Buffer.from(storedKey, 'base64');
  const made = createHash('sha256').update(clientKey).digest();
  return stored.length === made.length && timingSafeEqual(stored, made);
}
