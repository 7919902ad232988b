import { PreconditionError } from '../lib/commandErrors.ts';

/** How Node and OpenSSL name a certificate that nobody who is trusted vouches for, or that is another name's. */
const DISTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_|ALTNAME/;

/** Throws what was thrown; where it was the server's certificate, so that it says so and what helps. */
export function explainDistrust(error: unknown): never {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (!code || !DISTRUSTED.test(code)) continue;
    throw new PreconditionError({
      what: 'the certificate of that installation is not trusted here',
      why: cause.message,
      next: 'name its certificate, or that of who signed it: --ca FILE',
    });
  }
  throw error;
}
