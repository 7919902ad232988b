import type { Jwk, Jwks } from '@origin-stack/contract/certificates';
import { Jwk as JwkSchema } from '@origin-stack/contract/certificates';
import type { Db } from '../ports.ts';

/** Publishes a key: it must be here before its first use. */
export async function publishSigningKey(
  db: Db,
  key: { jwk: Jwk; provider: string; at: string },
): Promise<void> {
  await db('signing_keys')
    .insert({ kid: key.jwk.kid, jwk: JSON.stringify(key.jwk), provider: key.provider, created_at: key.at })
    .onConflict('kid')
    .ignore();
}

/** All public keys, the newest first; retired ones stay. */
export async function readJwks(db: Db): Promise<Jwks> {
  const rows: { jwk: unknown }[] = await db('signing_keys')
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .select('jwk');
  return { keys: rows.map((row) => JwkSchema.parse(row.jwk)) };
}
