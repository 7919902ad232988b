import { defineCheck, error } from '../doctorCheck.ts';
import { isAtLeast } from '../isAtLeast.ts';

const OLDEST = '2.20';

export const composeVersion = defineCheck({
  name: 'compose',
  rule: `Docker Compose has version ${OLDEST} or newer`,
  needs: 'engine',
  detect({ engine: { composeVersion: version } }) {
    if (isAtLeast(version, OLDEST)) return [];
    const found =
      version === '' ? 'docker compose is not there' : `Compose has version ${version}, older than ${OLDEST}`;
    return [error(found, './stack engine --yes')];
  },
});
