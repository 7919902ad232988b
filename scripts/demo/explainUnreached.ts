import { PreconditionError } from '../lib/commandErrors.ts';

/** How Node and OpenSSL name a certificate that nobody who is trusted vouches for, or that is another name's. */
const DISTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_|ALTNAME/;
/** How Node names what keeps it from an address. */
const UNREACHED: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no address is known for that name',
  EAI_AGAIN: 'no name server answers',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'nobody answers there',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers there',
};

/** Throws what was thrown; where it was the server's certificate or its address, so that it says so and what helps. */
export function explainUnreached(url: string, error: unknown): never {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (DISTRUSTED.test(code)) {
      throw new PreconditionError({
        what: 'the certificate of that installation is not trusted here',
        why: cause.message,
        next: 'name its certificate, or that of who signed it: --ca FILE',
      });
    }
    const why = UNREACHED[code];
    if (why !== undefined) {
      throw new PreconditionError({
        what: `${url} cannot be reached`,
        why,
        next: `look at it from here: curl -v ${url}/.well-known/jwks.json`,
      });
    }
  }
  throw error;
}
