import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { serverName } from '@origin-stack/core/infra/tlsOptions';

const ANSWER_MS = 5_000;

export interface Listener {
  host: string;
  port: number;
  /** What the connection asks for, whatever the host is called. */
  name: string;
  /** 5 seconds unless said otherwise. */
  deadlineMs?: number;
}

/**
 * The certificates that a listener sends, the leaf first; none where nobody answers by TLS in time. Whether they are to
 * be trusted is not asked here.
 */
export function servedChain({
  host,
  port,
  name,
  deadlineMs = ANSWER_MS,
}: Listener): Promise<X509Certificate[]> {
  return new Promise((resolve) => {
    const asked = { host, port, ...serverName(name) };
    const socket = connect({ ...asked, rejectUnauthorized: false });
    // For the whole of it: a listener that sends a byte now and then is one that does not answer.
    const timer = setTimeout(() => end([]), deadlineMs);
    const end = (chain: X509Certificate[]) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(chain);
    };
    socket.once('secureConnect', () => end(chainOf(socket.getPeerX509Certificate())));
    socket.on('error', () => end([]));
    socket.once('end', () => end([]));
  });
}

/** Ends also where a chain leads back into itself. */
function chainOf(leaf: X509Certificate | undefined): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let one = leaf; one && !chain.some(({ raw }) => one?.raw.equals(raw)); one = one.issuerCertificate)
    chain.push(one);
  return chain;
}
