import { rm } from 'node:fs/promises';
import { readLockHolder } from '../../lib/runLock.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

/** A lock of a killed run hinders nobody, since the next takes it over; it tells that one was cut short. */
export const staleLock = defineCheck({
  name: 'lock',
  rule: 'no run was killed in the middle',
  needs: 'host',
  async detect({ dir, host }) {
    const text = await host.read(dir.lockFile);
    if (text === undefined || (await readLockHolder(dir.lockFile)) !== undefined) return [];
    const [, purpose = 'a command'] = /"purpose":"([^"]*)"/.exec(text) ?? [];
    const what = `${purpose} was killed and left its lock`;
    return [
      warning(what, `rm ${dir.lockFile}, then ${purpose} again`, () => rm(dir.lockFile, { force: true })),
    ];
  },
});
