import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { IDENTITIES } from '../../bundle/identities.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

const DAY_MS = 86_400_000;
/** Less than a third of its life left. */
const RENEW_AT = 1 / 3;

/** Every hop's certificate is in force, has its key and its name, and is the internal authority's. */
export const internalCertificates = defineCheck({
  name: 'internal-certificates',
  rule: 'the certificates between services are in force, with their keys, by the internal authority',
  needs: 'settings',
  async detect({ dir, host }) {
    const ca = await host.read(join(dir.secrets, 'ca', 'ca.crt'));
    const authority = parse(() => new X509Certificate(ca ?? ''));
    if (!authority) {
      return [
        error(
          'the certificate of the internal authority cannot be read',
          'run this as root, or restore secrets/ca from a backup',
        ),
      ];
    }
    const found: Issue[] = problemOf(authority, host.nowMs()).map(({ what, severity }) => ({
      severity,
      what: `the internal authority ${what}`,
      fix: 'keep the old one aside, remove secrets/ca and every tls.* below secrets, then ./stack up',
    }));
    for (const { name, commonName } of IDENTITIES) {
      const folder = join(dir.secrets, name);
      const anew = `rm ${folder}/tls.crt ${folder}/tls.key && ./stack up`;
      const text = await host.read(join(folder, 'tls.crt'));
      const key = await host.read(join(folder, 'tls.key'));
      const leaf = parse(() => new X509Certificate(text ?? ''));
      if (!leaf) found.push(error(`secrets/${name}/tls.crt is no certificate that can be read`, anew));
      else {
        const problems = [
          ...problemOf(leaf, host.nowMs()),
          ...belongsTo(leaf, { authority, key, commonName }),
          ...sameAuthority(ca ?? '', await host.read(join(folder, 'ca.crt'))),
        ];
        found.push(
          ...problems.map(({ what, severity }) => ({
            severity,
            what: `secrets/${name}/tls.crt ${what}`,
            fix: anew,
          })),
        );
      }
    }
    return found;
  },
});

type Problem = { what: string; severity: Issue['severity'] };
const broken = (what: string): Problem => ({ what, severity: 'error' });

function problemOf(certificate: X509Certificate, nowMs: number): Problem[] {
  const fromMs = certificate.validFromDate.getTime();
  const toMs = certificate.validToDate.getTime();
  if (nowMs > toMs) return [broken(`expired on ${certificate.validTo}`)];
  if (nowMs < fromMs) return [broken(`is not valid before ${certificate.validFrom}`)];
  const days = Math.floor((toMs - nowMs) / DAY_MS);
  return (toMs - nowMs) / (toMs - fromMs) < RENEW_AT
    ? [{ what: `is valid for ${days} days more`, severity: 'warning' }]
    : [];
}

function belongsTo(
  leaf: X509Certificate,
  { authority, key, commonName }: { authority: X509Certificate; key: string | undefined; commonName: string },
): Problem[] {
  const privateKey = parse(() => createPrivateKey(key ?? ''));
  const isKey = privateKey !== undefined && leaf.checkPrivateKey(privateKey);
  return [
    ...(isKey ? [] : [broken('has another key than tls.key')]),
    ...(leaf.verify(authority.publicKey) ? [] : [broken('is not by the internal authority')]),
    ...(leaf.subject === `CN=${commonName}` ? [] : [broken(`names ${leaf.subject}, not CN=${commonName}`)]),
  ];
}

const sameAuthority = (ca: string, own: string | undefined): Problem[] =>
  own?.trim() === ca.trim() ? [] : [broken('lies beside another ca.crt than that of the internal authority')];

function parse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
