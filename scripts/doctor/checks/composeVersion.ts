import { isAtLeast } from '../../engine/isAtLeast.ts';
import { OLDEST } from '../../engine/unfitEngine.ts';
import { defineCheck, error } from '../doctorCheck.ts';

export const composeVersion = defineCheck({
  name: 'compose',
  rule: `Docker Compose has version ${OLDEST.compose} or newer`,
  needs: 'engine',
  detect({ engine: { composeVersion: version } }) {
    if (isAtLeast(version, OLDEST.compose)) return [];
    const found =
      version === ''
        ? 'docker compose is not there'
        : `Compose has version ${version}, older than ${OLDEST.compose}`;
    return [error(found, './stack engine --yes')];
  },
});
