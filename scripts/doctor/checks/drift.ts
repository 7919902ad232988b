import { findDrift } from '../../audit/findDrift.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

/** The `secrets` check says what of those is wrong. */
export const drift = defineCheck({
  name: 'drift',
  rule: 'what runs is what the Compose file and the settings declare',
  needs: 'running',
  async detect({ dir, settings, containers }) {
    const found = await findDrift(dir, settings, containers);
    return found
      .filter(({ subject }) => !subject.startsWith('secrets/'))
      .map(({ subject, difference, fix }) => warning(`${subject}: ${difference}`, fix));
  },
});
