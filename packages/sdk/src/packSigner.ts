import { jwkThumbprint, type PublicJwk, type PublicJwks, ps256Keys } from './jwk.ts';
import { type PackFiles, readPackJwks } from './packFiles.ts';

/** What the verifier trusts: keys he has, thumbprints he has, or nothing. */
export type PackPin = { jwks?: PublicJwks | undefined; kid?: string | readonly string[] | undefined };

/** Whether anything was pinned. An empty set is a pin that nothing satisfies, not the lack of one. */
export function isPinned(pin: PackPin): boolean {
  return pin.jwks !== undefined || pin.kid !== undefined;
}

/**
 * The keys that signatures are checked with: those that can, of what is given. With `jwks` only those; with `kid` those whose thumbprint,
 * recomputed from the key and never read from it, is pinned; with nothing the pack's own, which proves no
 * more than that the pack is consistent. Throws an `Error` when the pack's key set cannot be read.
 */
export async function packKeys(files: PackFiles, pin: PackPin): Promise<PublicJwks> {
  const keys = ps256Keys(pin.jwks ?? readPackJwks(files));
  if (pin.kid === undefined) return { keys };
  const pinned = typeof pin.kid === 'string' ? [pin.kid] : pin.kid;
  const trusted: PublicJwk[] = [];
  for (const key of keys) {
    const thumbprint = await jwkThumbprint(key);
    if (pinned.includes(thumbprint) && key.kid === thumbprint) trusted.push(key);
  }
  return { keys: trusted };
}
