import { X509Certificate } from 'node:crypto';
import { docker } from './compose.ts';
import type { Serving } from './renewServing.ts';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

type Listener = Pick<Serving, 'ports' | 'askedByNobody' | 'starttls'>;

/** The serial of what each port of a service really serves; undefined where nobody answers. */
export const servedSerials = async (
  container: { id: string },
  listener: Listener,
): Promise<(string | undefined)[]> =>
  (await servedCertificates(container, listener)).map((certificate) => certificate?.serialNumber);

/**
 * The certificate that each port of a service really serves, asked from within its container; undefined where nobody
 * answers in 5 seconds. What lies on the disk is another matter until the service took it into force.
 */
export async function servedCertificates(
  container: { id: string },
  { ports, askedByNobody, starttls }: Listener,
): Promise<(X509Certificate | undefined)[]> {
  const served: (X509Certificate | undefined)[] = [];
  for (const port of ports) {
    const own = ['-cert', '/run/secrets/tls.crt', '-key', '/run/secrets/tls.key'];
    const identity = port === askedByNobody ? [] : own;
    const where = ['-connect', `localhost:${port}`, '-servername', 'localhost'];
    const plain = starttls ? ['-starttls', starttls] : [];
    const client = ['timeout', '5', 'openssl', 's_client', ...where, ...plain, ...identity];
    const { stdout } = await docker(['exec', container.id, ...client]);
    const [pem] = PEM.exec(stdout) ?? [];
    served.push(pem === undefined ? undefined : new X509Certificate(pem));
  }
  return served;
}
