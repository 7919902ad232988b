import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { certificatesIn, type KeyPair } from './certificates.ts';

/** Clients look at the time by themselves; what is over is said elsewhere. */
const OF_TIME = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const DEADLINE_MS = 5_000;

/**
 * Why a client cannot connect to a listener that serves this certificate, by a handshake in each version of TLS that nginx
 * speaks; undefined where it can. The client believes what is in the file, and no more.
 */
export async function handshakeFault(
  { certificate }: Pick<KeyPair, 'certificate'>,
  listener: { host: string; port: number },
): Promise<string | undefined> {
  for (const version of VERSIONS) {
    const fault = await connectFault(version, certificatesIn(certificate), listener);
    if (fault !== undefined) return `a client that speaks ${version} cannot connect: ${fault}`;
  }
  return undefined;
}

/** The same, of a listener that is opened for it on this host's loopback. */
export async function servingFault({ certificate, key }: KeyPair): Promise<string | undefined> {
  let server: tls.Server;
  try {
    server = tls.createServer({ cert: certificate, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    return `OpenSSL refuses it: ${reasonOf(error)}`;
  }
  // The client hears of it too, and says it.
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return await handshakeFault({ certificate }, { host: '127.0.0.1', port });
  } finally {
    server.close();
  }
}

async function connectFault(
  version: (typeof VERSIONS)[number],
  ca: string[],
  listener: { host: string; port: number },
): Promise<string | undefined> {
  const socket = tls.connect({
    ...listener,
    ca,
    // A chain may end at an authority that clients have and the file does not.
    allowPartialTrustChain: true,
    minVersion: version,
    maxVersion: version,
    // What is wrong is read from the socket; the name is compared elsewhere.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    timeout: DEADLINE_MS,
  });
  socket.once('timeout', () => socket.destroy(new Error('no handshake in time')));
  try {
    await once(socket, 'secureConnect');
    const fault = socket.authorizationError;
    if (socket.authorized || OF_TIME.includes(String(fault))) return undefined;
    return String(fault);
  } catch (error) {
    return reasonOf(error);
  } finally {
    socket.destroy();
  }
}

/** OpenSSL's own words, without where in its sources they stand. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message.trim();
}
