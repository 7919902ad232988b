import { verify } from '@node-rs/bcrypt';

/** Compares a key with a bcrypt digest, on another thread; a malformed digest matches nothing. */
export async function verifyBcrypt(key: string, digest: string): Promise<boolean> {
  return verify(key, digest).catch(() => false);
}
