import { defineCheck, warning } from '../doctorCheck.ts';

export const overcommit = defineCheck({
  name: 'overcommit',
  rule: 'Redis can fork to rewrite its file of appends',
  needs: 'host',
  async detect({ host }) {
    const value = (await host.read('/proc/sys/vm/overcommit_memory'))?.trim();
    if (value !== '2') return [];
    const what = 'the kernel promises no memory twice (vm.overcommit_memory is 2): Redis may fail to fork';
    return [warning(what, 'sysctl -w vm.overcommit_memory=1')];
  },
});
