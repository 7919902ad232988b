import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { OriginClient } from '@origin-stack/sdk';
import { Agent, fetch } from 'undici';

export interface PublicAddress {
  /** `https://NAME[:PORT]`. */
  url: string;
  /** Certificates to trust beside the public ones, PEM. */
  caFiles?: string[] | undefined;
  /** The address to connect to, whatever the name of the URL resolves to. */
  connectTo?: string | undefined;
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
  connectTo,
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
  const dispatcher = new Agent({
    connect: {
      ca: [...getCACertificates('default'), ...caFiles.map((file) => readFileSync(file, 'utf8'))],
      lookup,
      ...identity,
    },
  });
  const send = (input: string, init: object) => fetch(input, { ...init, dispatcher });
  return send as unknown as typeof globalThis.fetch;
}

/** A client of the public listener. */
export const publicClient = (address: PublicAddress, apiKey: string): OriginClient =>
  new OriginClient({ baseUrl: address.url, apiKey, fetch: publicFetch(address) });
