import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { withoutBrackets } from '@origin-stack/core/infra/hosts';

/**
 * Whether a certificate is for a host, by its name or by its address. The common name does not count: clients stopped to
 * look at it (RFC 9525, 2).
 */
export function certifiesName(certificate: X509Certificate, host: string): boolean {
  const name = withoutBrackets(host);
  // Each of the two throws where it is asked for the other kind.
  return (
    (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' })) !== undefined
  );
}
