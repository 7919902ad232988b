import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleSettings } from './bundleSettings.ts';
import type { OverlaySecret } from './overlaySecrets.ts';
import { readGiven } from './readGiven.ts';

/** Under this name the worker finds what `WEBHOOK_CA_FILE` names on the host. */
export const WEBHOOK_CA = 'webhook-ca.crt';

/**
 * Files of the host that settings name, as copies for their readers: no container may read the host's own. Throws
 * PreconditionError where one cannot be read, or holds no certificate.
 */
export async function copiedFiles({ WEBHOOK_CA_FILE: from }: BundleSettings): Promise<OverlaySecret[]> {
  if (!from) return [];
  const content = (await readGiven(from, './stack config set WEBHOOK_CA_FILE=/path/of/a/pem')).trimEnd();
  if (content.includes('-----BEGIN CERTIFICATE-----'))
    return [{ folder: 'worker', file: WEBHOOK_CA, content }];
  throw new PreconditionError({
    what: `${from} holds no certificate`,
    why: 'WEBHOOK_CA_FILE names certificates in PEM',
    next: './stack config set WEBHOOK_CA_FILE=/path/of/a/pem',
  });
}
