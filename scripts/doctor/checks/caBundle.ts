import { X509Certificate } from 'node:crypto';
import { findCaBundle } from '../../images/networkSettings.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

const NAMED = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];

/** Builds are given it, so that a company's inspecting proxy works. */
export const caBundle = defineCheck({
  name: 'ca-bundle',
  rule: 'the certificate authorities that the host trusts can be read',
  needs: 'host',
  async detect({ host }) {
    const found: Issue[] = [];
    for (const name of NAMED.filter((one) => host.env[one])) {
      const path = host.env[name] ?? '';
      const text = await host.read(path);
      if (text === undefined)
        found.push(
          error(`${name} names ${path}, which cannot be read`, `unset ${name}, or name a file in PEM`),
        );
      else if (!isPem(text))
        found.push(
          error(
            `${name} names ${path}, which holds no certificate in PEM`,
            `unset ${name}, or name a file in PEM`,
          ),
        );
    }
    if (found.length === 0 && findCaBundle(host.env) === undefined) {
      found.push(
        warning(
          'the host has no certificate authorities: builds may fail',
          'apt-get install ca-certificates',
        ),
      );
    }
    return found;
  },
});

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== '';
  } catch {
    return false;
  }
}
