import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { IDENTITIES } from '../../bundle/identities.ts';
import { initBundle } from '../../bundle/initBundle.ts';
import { defineCheck, error } from '../doctorCheck.ts';

/** `init` goes on where it was cut short, and changes nothing that is there. */
export const halfInit = defineCheck({
  name: 'init',
  rule: 'the settings and the secrets were made to the end',
  needs: 'host',
  async detect({ dir, settings }) {
    const folders = await readdir(dir.secrets).catch((): string[] => []);
    const made = IDENTITIES.filter(({ name }) => folders.includes(name)).length;
    const mend = () => initBundle(dir, {});
    if (settings === undefined && made > 0) {
      return [
        error(
          `secrets of ${made} services are there, and no settings (${dir.envFile})`,
          './stack init',
          mend,
        ),
      ];
    }
    if (settings !== undefined && made === 0) {
      const what = `the settings are there, and no secrets (${dir.secrets})`;
      return [
        error(what, 'restore them from a backup: new ones cannot read the old data; else ./stack init'),
      ];
    }
    if (settings !== undefined && !existsSync(`${dir.secrets}/nginx`)) {
      return [error('init was cut short: nginx has no secrets', './stack init', mend)];
    }
    return [];
  },
});
