import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { authorityOf } from '@origin-stack/core/infra/hosts';
import { publicAddress } from '../../bundle/bundleClient.ts';
import { reloadNginx } from '../../bundle/nginxReload.ts';
import { servedChain } from '../../bundle/servedChain.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const RELOAD = './stack up (it reloads nginx)';

/** Replaced files come into force by a reload only. */
export const servedCertificate = defineCheck({
  name: 'served-certificate',
  rule: 'nginx serves the certificate that lies in its file',
  needs: 'running',
  readsSecrets: true,
  async detect({ dir, settings, host }) {
    const text = await host.read(join(dir.secrets, 'nginx', 'public.crt'));
    const { connectTo = '127.0.0.1' } = publicAddress(dir, settings);
    const port = Number(settings.ORIGIN_HTTPS_PORT);
    const [leaf] = await servedChain({ host: connectTo, port, name: settings.ORIGIN_PUBLIC_NAME });
    const served = leaf?.fingerprint256;
    if (served === undefined) {
      return [error(`nobody answers by TLS at ${authorityOf(connectTo, port)}`, './stack status')];
    }
    if (text === undefined) {
      return [error('secrets/nginx/public.crt is not there, and nginx serves a certificate', './stack init')];
    }
    if (new X509Certificate(text).fingerprint256 === served) return [];
    return [
      error(
        `nginx serves another certificate (SHA-256 ${served.slice(0, 23)}…) than its file holds`,
        RELOAD,
        () => reloadNginx(dir),
      ),
    ];
  },
});
