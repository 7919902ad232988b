import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates, TLSSocket } from 'node:tls';
import { OriginClient } from '@origin-stack/sdk';
import { Agent, buildConnector, fetch } from 'undici';

export interface PublicAddress {
  /** `https://NAME[:PORT]`. */
  url: string;
  /** Certificates to trust beside the public ones, PEM. */
  caFiles?: string[] | undefined;
  /** SHA-256 of one certificate that is believed although its time is over. */
  expired?: string | undefined;
  /** The address to connect to, whatever the name of the URL resolves to. */
  connectTo?: string | undefined;
  /** The port to connect to there; the URL's where unset. */
  connectPort?: number | undefined;
  /** Our own certificate with its key, PEM, for a listener that demands one. */
  identity?: { cert: string; key: string };
}

/**
 * `fetch` to the public listener, over TLS with the certificate verified, by name. With `connectTo` it does not depend
 * on a name server, which may not know a new installation's name yet.
 */
export function publicFetch({
  url,
  caFiles = [],
  expired,
  connectTo,
  connectPort,
  identity,
}: PublicAddress): typeof globalThis.fetch {
  const lookup: LookupFunction = (name, options, callback) => {
    // Downloads may come from object storage elsewhere.
    if (connectTo === undefined || name !== new URL(url).hostname) return dns.lookup(name, options, callback);
    const address = connectTo;
    const family = isIP(address);
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  const options = {
    ca: [...getCACertificates('default'), ...caFiles.map((file) => readFileSync(file, 'utf8'))],
    lookup,
    // As Node's own fetch. nginx ends each HTTP/2 connection after a thousand requests, and what was just sent on it is lost here
    // (undici 8.12); in HTTP/1.1 it says so with an answer.
    allowH2: false,
    ...identity,
  };
  const connector = expired === undefined ? buildConnector(options) : connectorTo(options, expired);
  const connect: buildConnector.connector = (wanted, done) =>
    connector(
      connectPort !== undefined && wanted.host === new URL(url).host
        ? { ...wanted, port: String(connectPort) }
        : wanted,
      done,
    );
  const dispatcher = new Agent({ connect });
  const send = (input: string, init: object) => fetch(input, { ...init, dispatcher });
  return send as unknown as typeof globalThis.fetch;
}

/** Believes what is believed anyway, and one certificate whatever its time. */
function connectorTo(options: buildConnector.BuildOptions, expired: string): buildConnector.connector {
  const connect = buildConnector({ ...options, rejectUnauthorized: false });
  return (wanted, done) =>
    connect(wanted, (...result) => {
      const [, socket] = result;
      const isBelieved =
        !(socket instanceof TLSSocket) ||
        socket.authorized ||
        socket.getPeerX509Certificate()?.fingerprint256 === expired;
      if (isBelieved) return done(...result);
      socket.destroy();
      const code = String(socket.authorizationError);
      done(Object.assign(new Error(`the certificate is not believed: ${code}`), { code }), null);
    });
}

/** A client of the public listener. */
export const publicClient = (address: PublicAddress, apiKey: string): OriginClient =>
  new OriginClient({ baseUrl: address.url, apiKey, fetch: publicFetch(address) });
