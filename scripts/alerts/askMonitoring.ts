import type { BundleDir } from '../bundle/bundleDir.ts';
import { composeArgv, docker } from '../bundle/compose.ts';
import { PreconditionError } from '../lib/commandErrors.ts';

const PORTS = { prometheus: 9090, alertmanager: 9093 };
export type MonitoringService = keyof typeof PORTS;

const DEADLINE_SECONDS = 10;

/** By the tools and the identity that are in its container: neither is reached from the host. */
const SCRIPT = `printf 'GET %s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' "$1" |
  timeout ${DEADLINE_SECONDS} openssl s_client -quiet -connect "localhost:$2" -servername localhost \\
    -CAfile /run/secrets/ca.crt -verify_return_error -verify_hostname localhost \\
    -cert /run/secrets/tls.crt -key /run/secrets/tls.key 2>/dev/null`;

/** What Prometheus or Alertmanager of a bundle answers to a GET. Throws PreconditionError where it does not with 200. */
export async function askMonitoring(
  dir: BundleDir,
  service: MonitoringService,
  path: string,
): Promise<string> {
  const port = String(PORTS[service]);
  const argv = composeArgv(dir, 'exec', '-T', service, 'sh', '-c', SCRIPT, 'sh', path, port);
  const { stdout, stderr } = await docker(argv);
  const [, status, body] = /^HTTP\/1\.[01] (\d{3}).*?\r\n\r\n(.*)$/s.exec(stdout) ?? [];
  if (status === '200') return body ?? '';
  throw new PreconditionError({
    what: `${service} does not answer`,
    why: status ? `${status} for ${path}` : stderr.trim().split('\n').at(-1) || 'no answer',
    next: `./stack status, ./stack logs ${service}`,
  });
}
