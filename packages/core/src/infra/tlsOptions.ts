import https from 'node:https';
import { isIP } from 'node:net';
import { getCACertificates, type TlsOptions } from 'node:tls';
import { withoutBrackets } from './hosts.ts';
import type { TlsIdentity } from './tlsIdentity.ts';

const MIN_VERSION = 'TLSv1.2';

/** What a connection asks a server for: a name can be sent, an address not (RFC 6066, section 3). */
export function serverName(host: string): { servername?: string } {
  const bare = withoutBrackets(host);
  return isIP(bare) ? {} : { servername: bare };
}

/** For a connection to a server of this installation, whose certificate must name `host`, by our own certificate. */
export function clientTls(identity: TlsIdentity, host: string) {
  const { serverCa: ca, cert, key } = identity.current();
  return {
    ca,
    cert,
    key,
    host: withoutBrackets(host),
    ...serverName(host),
    rejectUnauthorized: true,
    minVersion: MIN_VERSION,
  } as const;
}

/** For a listener that demands a certificate of this installation's authority. */
export function serverTls(identity: TlsIdentity): TlsOptions {
  const { ca, cert, key } = identity.current();
  return { ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: MIN_VERSION };
}

/** `publicToo`: servers with a certificate of a public authority are believed as well. */
export interface AgentOptions extends https.AgentOptions {
  publicToo?: boolean;
}

/**
 * An agent whose new connections use the identity's files of that moment; open ones go on. No session is resumed: the
 * ticket of one would bring back the certificate that it began with.
 */
export function tlsAgent(identity: TlsIdentity, options: AgentOptions): https.Agent {
  const { publicToo, ...agentOptions } = options;
  class FollowingAgent extends https.Agent {
    override createConnection(...[request, callback]: Parameters<https.Agent['createConnection']>) {
      const own = clientTls(identity, request.host ?? '');
      const ca = publicToo ? [...getCACertificates('default'), own.ca] : own.ca;
      return super.createConnection({ ...request, ...own, ca }, callback);
    }
  }
  return new FollowingAgent({ ...agentOptions, maxCachedSessions: 0 });
}
