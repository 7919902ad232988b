import { isIP } from 'node:net';
import { withoutBrackets } from './hosts.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { clientTls } from './tlsOptions.ts';

/** What the URL may say of TLS; the client would let it overrule the identity. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslpassword'];

/**
 * How `pg` connects: to the host of the URL, which may be an IPv6 address. Under an identity always over TLS, to a server
 * whose certificate names that host.
 */
export function postgresConnection(identity: TlsIdentity | undefined, connectionString: string) {
  const url = new URL(connectionString);
  const host = withoutBrackets(url.searchParams.get('host') ?? url.hostname);
  // The client would look up the brackets as a part of a name; what the query says it takes as it is.
  if (isIP(host) === 6) url.searchParams.set('host', host);
  if (!identity) return { connectionString: url.href };
  for (const name of TLS_PARAMETERS) url.searchParams.delete(name);
  return { connectionString: url.href, ssl: clientTls(identity, host) };
}

/**
 * A connection for knex. Under an identity it is one that expires with the files: the next connection is made with those
 * of that moment. (An expiration check that is true again at once would be an error of every connection.)
 */
export function followIdentity<T extends { connectionString: string }>(
  identity: TlsIdentity | undefined,
  connection: T,
) {
  if (!identity) return { ...connection, ...postgresConnection(undefined, connection.connectionString) };
  return async () => {
    const used = identity.current();
    return {
      ...connection,
      ...postgresConnection(identity, connection.connectionString),
      expirationChecker: () => identity.current() !== used,
    };
  };
}
