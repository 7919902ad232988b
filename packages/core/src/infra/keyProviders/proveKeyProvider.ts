import { constants, createPublicKey, randomBytes, verify } from 'node:crypto';
import type { KeyProvider } from '../../domain/ports.ts';

/**
 * Signs and verifies, wraps and unwraps once, for real. A provider whose signatures are not PS256 with a salt
 * of 32 bytes would issue certificates that nobody can verify: it rejects, and the process does not start.
 */
export async function proveKeyProvider(provider: KeyProvider): Promise<void> {
  const probe = randomBytes(32);
  const { n, e } = provider.signingKey;
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  const signature = await provider.sign(probe);
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  if (!verify('sha256', probe, options, signature)) {
    throw new Error(`the key provider ${provider.name} does not sign PS256 with a salt of 32 bytes`);
  }
  const unwrapped = await provider.unwrap(await provider.wrap(probe));
  if (!probe.equals(unwrapped))
    throw new Error(`the key provider ${provider.name} does not unwrap what it wrapped`);
}
