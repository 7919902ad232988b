import type { TlsIdentity } from './tlsIdentity.ts';
import { clientTls } from './tlsOptions.ts';

/** What the URL may say of TLS; the client would let it overrule the identity. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslpassword'];

/** How `pg` connects under an identity: always over TLS, to a server whose certificate names the host of the URL. */
export function postgresConnection(identity: TlsIdentity | undefined, connectionString: string) {
  if (!identity) return { connectionString };
  const url = new URL(connectionString);
  for (const name of TLS_PARAMETERS) url.searchParams.delete(name);
  return { connectionString: url.href, ssl: clientTls(identity, url.hostname) };
}

/**
 * A connection for knex. Under an identity it is one that expires with the files: the next connection is made with those
 * of that moment. (An expiration check that is true again at once would be an error of every connection.)
 */
export function followIdentity<T extends { connectionString: string }>(
  identity: TlsIdentity | undefined,
  connection: T,
) {
  if (!identity) return connection;
  return async () => {
    const used = identity.current();
    return {
      ...connection,
      ...postgresConnection(identity, connection.connectionString),
      expirationChecker: () => identity.current() !== used,
    };
  };
}
