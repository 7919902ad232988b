import { isIP, type Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Settings } from '../../config/settings.ts';
import { addressAllowed } from '../../domain/keys/addressAllowed.ts';
import { withoutBrackets } from '../hosts.ts';
import type { TlsIdentity } from '../tlsIdentity.ts';
import { connectThroughProxy, type Target } from './connectThroughProxy.ts';

/** The way out of an installation that has no other. Its credentials stay inside. */
export interface EgressProxy {
  /** Whether a host, a name or an address, is reached without the proxy. */
  isDirect(host: string): boolean;
  /** A connection to `target` through the proxy. Rejects with `EgressProxyError`, also where `signal` ends the wait. */
  connect(target: Target, signal: AbortSignal): Promise<Socket>;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** The proxy that the settings name, undefined where they name none. Nothing is connected to before it is used. */
export function openEgressProxy(
  settings: Pick<Settings, 'EGRESS_PROXY_URL' | 'EGRESS_NO_PROXY'>,
  tls?: TlsIdentity | undefined,
): EgressProxy | undefined {
  if (!settings.EGRESS_PROXY_URL) return undefined;
  const url = new URL(settings.EGRESS_PROXY_URL);
  const authorization = url.username ? basic(url) : undefined;
  const direct = settings.EGRESS_NO_PROXY;
  return {
    isDirect: (host) => isDirect(direct, withoutBrackets(host).toLowerCase()),
    connect(target, signal) {
      const ca = tls && [...getCACertificates('default'), tls.current().serverCa];
      return connectThroughProxy({ url, authorization, ca }, target, signal);
    },
  };
}

function basic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function isDirect(direct: string[], host: string): boolean {
  if (isIP(host)) {
    const networks = direct.filter((entry) => isIP(entry.split('/', 1)[0] ?? ''));
    return addressAllowed(host, [...LOOPBACK, ...networks]) === 'yes';
  }
  // A name without a dot is one of this installation or of the local network.
  const name = host.replace(/\.$/, '');
  if (!name.includes('.') || name.endsWith('.localhost')) return true;
  return direct.some((entry) => (entry.startsWith('.') ? name.endsWith(entry) : name === entry));
}
