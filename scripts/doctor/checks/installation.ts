import { foreignParts, sayForeign } from '../../bundle/ownership.ts';
import { defineCheck, error } from '../doctorCheck.ts';

/** Two checkouts choose one project unless they are told; neither may replace what the other runs. */
export const installation = defineCheck({
  name: 'installation',
  rule: "the bundle's Compose project holds nothing of another installation",
  needs: 'settings',
  async detect({ dir, settings }) {
    const [first, ...others] = await foreignParts(dir, settings);
    if (!first) return [];
    const { what, why, next } = sayForeign(settings.COMPOSE_PROJECT_NAME, dir, [first, ...others]);
    return [error(`${what}: ${why}`, next)];
  },
});
