import { defineCheck, warning } from '../doctorCheck.ts';

const WANTED = 2;

export const cores = defineCheck({
  name: 'cores',
  rule: `there are ${WANTED} cores or more`,
  needs: 'host',
  detect({ host }) {
    const count = host.cores();
    if (count >= WANTED) return [];
    return [warning(`there is ${count} core, fewer than ${WANTED}`, 'give this machine more cores')];
  },
});
