import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { certifiesName } from '../../bundle/certifiesName.ts';
import { isRemade, SOON_DAYS } from '../../bundle/madeHere.ts';
import { servingFault } from '../../bundle/shakeHands.ts';
import { defineCheck, error, warning } from '../doctorCheck.ts';

const DAY_MS = 86_400_000;
const FIX = './stack init --cert FILE --key FILE, then ./stack up';

/** What callers see first: in force, with its key, by the public name. */
export const publicCertificate = defineCheck({
  name: 'public-certificate',
  rule: `the public certificate names the public name, has its key, and is valid for ${SOON_DAYS} days more`,
  needs: 'settings',
  readsSecrets: true,
  async detect({ dir, settings, host }) {
    const text = await host.read(join(dir.secrets, 'nginx', 'public.crt'));
    const key = await host.read(join(dir.secrets, 'nginx', 'public.key'));
    const name = settings.ORIGIN_PUBLIC_NAME;
    const leaf = parse(() => new X509Certificate(text ?? ''));
    if (!leaf) return [error('secrets/nginx/public.crt is no certificate that can be read', FIX)];
    const privateKey = parse(() => createPrivateKey(key ?? ''));
    const isPair = privateKey !== undefined && leaf.checkPrivateKey(privateKey);
    const fault = isPair ? await servingFault({ certificate: text ?? '', key: key ?? '' }) : undefined;
    const days = Math.floor((leaf.validToDate.getTime() - host.nowMs()) / DAY_MS);
    const fixOfTime = isRemade(leaf, host.nowMs()) ? './stack up, which makes it anew' : FIX;
    return [
      ...(isPair ? [] : [error('the public certificate has another key', FIX)]),
      ...(fault === undefined ? [] : [error(`the public certificate cannot be served: ${fault}`, FIX)]),
      ...(certifiesName(leaf, name)
        ? []
        : [error(`the public certificate names ${leaf.subjectAltName ?? 'nobody'}, not ${name}`, FIX)]),
      ...(leaf.validFromDate.getTime() > host.nowMs()
        ? [error(`the public certificate is not valid before ${leaf.validFrom}`, FIX)]
        : []),
      ...(days < 0 ? [error(`the public certificate expired on ${leaf.validTo}`, fixOfTime)] : []),
      ...(days >= 0 && days < SOON_DAYS
        ? [warning(`the public certificate is valid for ${days} days more`, fixOfTime)]
        : []),
    ];
  },
});

function parse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
