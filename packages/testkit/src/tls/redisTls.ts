import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { createClient } from 'redis';
import type { TestCertificate } from './testAuthority.ts';

/**
 * Makes a running test server listen for TLS too, with this certificate, and demand one of the same authority there.
 * Gives the URL. A second call with the port renews the certificate; connections stay.
 */
export async function demandRedisTls(
  url: string,
  { certificate, port }: { certificate: TestCertificate; port?: number },
): Promise<{ url: string; port: number }> {
  const tlsPort = port ?? (await freePort());
  const client = createClient({ url });
  await client.connect();
  try {
    const files = {
      'tls-ca-cert-file': certificate.ca,
      'tls-cert-file': certificate.cert,
      'tls-key-file': certificate.key,
      'tls-auth-clients': 'yes',
      'tls-port': String(tlsPort),
    };
    await client.sendCommand(['CONFIG', 'SET', ...Object.entries(files).flat()]);
  } finally {
    client.destroy();
  }
  const secure = new URL(url);
  secure.protocol = 'rediss:';
  secure.hostname = 'localhost';
  secure.port = String(tlsPort);
  return { url: secure.href, port: tlsPort };
}
