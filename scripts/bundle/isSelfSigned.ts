import type { X509Certificate } from 'node:crypto';

/** Whether a certificate vouches for itself: by its name and by its own key. */
export const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
