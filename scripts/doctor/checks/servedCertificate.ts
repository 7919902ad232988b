import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { publicAddress } from '../../bundle/bundleClient.ts';
import { composeArgv, mustDocker } from '../../bundle/compose.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const ANSWER_MS = 5_000;
const RELOAD = './stack up (it reloads nginx)';

/** Replaced files come into force by a reload only. */
export const servedCertificate = defineCheck({
  name: 'served-certificate',
  rule: 'nginx serves the certificate that lies in its file',
  needs: 'running',
  async detect({ dir, settings, host }) {
    const text = await host.read(join(dir.secrets, 'nginx', 'public.crt'));
    const { connectTo = '127.0.0.1' } = publicAddress(dir, settings);
    const served = await fingerprintAt(
      connectTo,
      Number(settings.ORIGIN_HTTPS_PORT),
      settings.ORIGIN_PUBLIC_NAME,
    );
    if (served === undefined) {
      return [error(`nobody answers by TLS at ${connectTo}:${settings.ORIGIN_HTTPS_PORT}`, './stack status')];
    }
    if (text === undefined || new X509Certificate(text).fingerprint256 === served) return [];
    const nginx = (...args: string[]) =>
      mustDocker(composeArgv(dir, 'exec', '-T', 'nginx', 'nginx', '-c', '/etc/origin/nginx.conf', ...args));
    return [
      error(
        `nginx serves another certificate (SHA-256 ${served.slice(0, 23)}…) than its file holds`,
        RELOAD,
        async () => {
          await nginx('-t');
          await nginx('-s', 'reload');
        },
      ),
    ];
  },
});

/** The fingerprint of what a listener serves by a name, or undefined. Whether it is to be trusted is not asked here. */
export function fingerprintAt(host: string, port: number, servername: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false, timeout: ANSWER_MS });
    const end = (value: string | undefined) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('secureConnect', () => end(socket.getPeerCertificate().fingerprint256));
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(undefined));
  });
}
