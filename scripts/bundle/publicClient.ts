import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { OriginClient } from '@origin-stack/sdk';
import { Agent, fetch } from 'undici';

export interface PublicAddress {
  /** `https://NAME[:PORT]`. */
  url: string;
  /** Certificates to trust beside the public ones, PEM. */
  caFile?: string | undefined;
  /** The address to connect to, whatever the name resolves to. */
  connectTo?: string | undefined;
}

/**
 * `fetch` to the public listener, over TLS with the certificate verified, by name. With `connectTo` it does not depend
 * on a name server, which may not know a new installation's name yet.
 */
export function publicFetch({ caFile, connectTo }: PublicAddress): typeof globalThis.fetch {
  const lookup: LookupFunction = (_name, options, callback) => {
    const address = connectTo ?? '';
    const family = isIP(address);
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  const dispatcher = new Agent({
    connect: {
      ...(caFile ? { ca: [...rootCertificates, readFileSync(caFile, 'utf8')] } : {}),
      ...(connectTo ? { lookup } : {}),
    },
  });
  const send = (input: string, init: object) => fetch(input, { ...init, dispatcher });
  return send as unknown as typeof globalThis.fetch;
}

/** A client of the public listener. */
export const publicClient = (address: PublicAddress, apiKey: string): OriginClient =>
  new OriginClient({ baseUrl: address.url, apiKey, fetch: publicFetch(address) });
