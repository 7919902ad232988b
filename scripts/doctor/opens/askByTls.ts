import type { BundleDir } from '../../bundle/bundleDir.ts';
import { composeArgv, docker } from '../../bundle/compose.ts';

const FILES = ['-CAfile ca.crt', '-cert tls.crt', '-key tls.key'];
/** The request comes by the input: what it holds is in no argument, in no environment and in no log. */
const CONNECT = (port: number) =>
  `cd /run/secrets && timeout 5 openssl s_client -quiet -connect localhost:${port} -servername localhost -verify_return_error ${FILES.join(' ')} 2>/dev/null`;

export interface HttpRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

/** Asks a service of the bundle by mutual TLS, in its own container and by its own identity; undefined where it does not answer. */
export async function askByTls(
  dir: BundleDir,
  { service, port }: { service: string; port: number },
  { method, path, headers = {}, body = '' }: HttpRequest,
): Promise<HttpAnswer | undefined> {
  const all = { host: `localhost:${port}`, 'content-length': String(Buffer.byteLength(body)), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const input = `${method} ${path} HTTP/1.0\r\n${head.join('')}\r\n${body}`;
  const argv = composeArgv(dir, 'exec', '-T', service, 'sh', '-c', CONNECT(port));
  const { stdout } = await docker(argv, { input });
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(stdout) ?? [];
  if (status === undefined) return undefined;
  return { status: Number(status), body: stdout.slice(stdout.indexOf('\r\n\r\n') + 4) };
}
