import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { portOf } from '../../domain/webhooks/checkWebhookUrl.ts';
import { withoutBrackets } from '../hosts.ts';
import { serverName } from '../tlsOptions.ts';

interface Way {
  url: URL;
  /** Checked, in the order in which they are tried. */
  addresses: string[];
  /** How long each but the last is tried. */
  addressTimeoutMs: number;
  /** A connection to one of them that a proxy made. */
  tunnel: Socket | undefined;
  secureContext: SecureContext;
}

/** A socket to one of the addresses, whatever the host resolves to by now; over TLS for https, by the host's name. */
export function openSocket({ url, addresses, addressTimeoutMs, tunnel, secureContext }: Way): Socket {
  const host = withoutBrackets(url.hostname);
  const direct = {
    port: portOf(url),
    lookup: answering(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressTimeoutMs,
  };
  if (url.protocol !== 'https:') return tunnel ?? connect({ host, ...direct });
  return connectTls({
    // The certificate is judged by it, also inside a tunnel.
    host,
    ...(tunnel ? { socket: tunnel } : direct),
    ...serverName(host),
    secureContext,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
  });
}

/** Answers a socket's look-up with the addresses that were checked, and with nothing else. */
function answering(addresses: string[]): LookupFunction {
  const records = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = records;
    if (options.all || !first) callback(null, records);
    else callback(null, first.address, first.family);
  };
}
