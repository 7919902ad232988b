import { defineCheck, error, megabytes, warning } from '../doctorCheck.ts';
import { memoryOf } from '../memoryOf.ts';

/** The whole stack takes 1.5 GiB at rest; under load, with the host's own, four do. */
const LEAST = 2e9;
const WANTED = 3.8e9;

export const memory = defineCheck({
  name: 'memory',
  rule: `there are ${megabytes(WANTED)} of memory or more`,
  needs: 'host',
  async detect({ host }) {
    const total = (await memoryOf(host)).MemTotal;
    if (total === undefined || total >= WANTED) return [];
    const what = `there are ${megabytes(total)} of memory; ${megabytes(WANTED)} are wanted`;
    const fix = 'give this machine more memory';
    return [total < LEAST ? error(what, fix) : warning(what, fix)];
  },
});
