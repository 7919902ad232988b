import { isIP } from 'node:net';

/** A host as sockets and certificates take it, from how URLs and operators write it: `[::1]` is `::1`. */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** `host:port` as URLs write it, with brackets around an IPv6 address (RFC 3986, section 3.2.2). */
export const authorityOf = (host: string, port: number): string => {
  const bare = withoutBrackets(host);
  return `${isIP(bare) === 6 ? `[${bare}]` : bare}:${port}`;
};
