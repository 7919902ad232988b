import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readImage } from '../images/imageFacts.ts';
import { imageTag } from '../images/imageList.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleSettings } from './bundleSettings.ts';
import type { KeyPair } from './certificates.ts';
import { docker } from './compose.ts';
import { handshakeFault } from './shakeHands.ts';

const START_DEADLINE_MS = 10_000;
/** The pair comes by stdin: no argument and no file of the host holds the key. */
const SCRIPT = `umask 077
read -r crt; read -r key
echo "$crt" | base64 -d >/run/trial/public.crt
echo "$key" | base64 -d >/run/trial/public.key
exec nginx -e stderr -c /etc/origin/trial.conf`;

/**
 * Has nginx itself serve a certificate, in a container beside what runs, and shakes hands with it. Throws PreconditionError
 * where nginx refuses it or a client cannot connect. Does nothing where the image is not there yet: then nothing is served
 * that could be lost.
 */
export async function tryByNginx(
  { ORIGIN_TAG_NGINX: tag, COMPOSE_PROJECT_NAME: project, ORIGIN_PUBLIC_NAME: name }: BundleSettings,
  pair: KeyPair,
): Promise<void> {
  if (tag === undefined) return;
  const image = imageTag('nginx', tag);
  if (!(await readImage(image))) return;
  const container = `${project}-trial-${randomUUID().slice(0, 8)}`;
  const mount = `type=bind,source=${join(CHECKOUT, 'nginx')},target=/etc/origin,readonly`;
  const input = [pair.certificate, pair.key]
    .map((text) => `${Buffer.from(text).toString('base64')}\n`)
    .join('');
  const running = docker(
    [
      ...['run', '--rm', '--interactive', '--name', container, '--publish', '127.0.0.1::8443'],
      ...[
        '--read-only',
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        '--memory=64m',
        '--pids-limit=16',
      ],
      ...['--tmpfs', '/run/trial:uid=10101,gid=10101,mode=0700', '--mount', mount, '--entrypoint', 'sh'],
      ...[image, '-c', SCRIPT],
    ],
    { input },
  );
  try {
    const fault = await Promise.race([
      running.then(({ stderr }) => `nginx refuses it: ${lastWords(stderr)}`),
      listenerOf(container).then((listener) => handshakeFault(pair, listener)),
    ]);
    if (fault === undefined) return;
    throw new PreconditionError({
      what: `the certificate cannot serve https://${name}`,
      why: fault,
      next: 'give the full chain, the leaf first, and its key, both in PEM: --cert F --key F',
    });
  } finally {
    await docker(['rm', '--force', container]);
    await running;
  }
}

/** Where the container listens on this host, once it does. */
async function listenerOf(container: string): Promise<{ host: string; port: number }> {
  const endMs = performance.now() + START_DEADLINE_MS;
  for (;;) {
    const { code, stdout } = await docker(['port', container, '8443/tcp']);
    const [, port] = /^127\.0\.0\.1:(\d+)$/m.exec(stdout) ?? [];
    if (code === 0 && port !== undefined && (await isServing(container))) {
      return { host: '127.0.0.1', port: Number(port) };
    }
    if (performance.now() > endMs) throw new Error('nginx did not begin to serve the certificate on trial');
    await sleep(200);
  }
}

/** nginx writes its pid when it has read its configuration and listens. */
const isServing = async (container: string): Promise<boolean> =>
  (await docker(['exec', container, 'test', '-s', '/run/trial/nginx.pid'])).code === 0;

const lastWords = (stderr: string): string => stderr.trim().split('\n').slice(-2).join('; ');
