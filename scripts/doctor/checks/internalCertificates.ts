import { join } from 'node:path';
import { IDENTITIES } from '../../bundle/identities.ts';
import { type Due, parseCertificate, whyAuthorityEnds, whyDue } from '../../bundle/renewDue.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

/** Every hop's certificate is in force, has its key and its name, and is the internal authority's. */
export const internalCertificates = defineCheck({
  name: 'internal-certificates',
  rule: 'the certificates between services are in force, with their keys, by the internal authority',
  needs: 'settings',
  readsSecrets: true,
  async detect({ dir, host }) {
    const ca = await host.read(join(dir.secrets, 'ca', 'ca.crt'));
    const authority = parseCertificate(ca);
    if (!authority) {
      const what = 'the certificate of the internal authority cannot be read';
      return [error(what, 'restore secrets/ca from a backup')];
    }
    const nowMs = host.nowMs();
    const anew = 'make a new one: see Internal certificates in docs/bundle.md';
    const found = issueOf('the internal authority', whyAuthorityEnds(authority, nowMs), anew);
    for (const identity of IDENTITIES) {
      const folder = join(dir.secrets, identity.name);
      const [certificate, key] = [
        await host.read(join(folder, 'tls.crt')),
        await host.read(join(folder, 'tls.key')),
      ];
      const due = whyDue({ certificate, key }, identity, { authority, nowMs });
      found.push(...issueOf(`secrets/${identity.name}/tls.crt`, due, './stack renew-certs'));
      if ((await host.read(join(folder, 'ca.crt')))?.trim() !== ca?.trim()) {
        const what = `secrets/${identity.name}/ca.crt is another than that of the internal authority`;
        found.push(error(what, `rm ${folder}/ca.crt && ./stack up, then restart ${identity.name}`));
      }
    }
    return found;
  },
});

function issueOf(subject: string, due: Due | undefined, fix: string): Issue[] {
  if (!due) return [];
  const what = `${subject}: ${due.why}`;
  return [due.isUsable ? warning(what, fix) : error(what, fix)];
}
