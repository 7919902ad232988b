import { defineCheck, error } from '../doctorCheck.ts';

export const cgroups = defineCheck({
  name: 'cgroups',
  rule: 'the kernel enforces limits of memory, processor time and processes',
  needs: 'engine',
  detect({ engine }) {
    const missing = [
      ...(engine.memoryLimit ? [] : ['memory']),
      ...(engine.cpuLimit ? [] : ['processor time']),
      ...(engine.pidsLimit ? [] : ['processes']),
    ];
    if (missing.length === 0) return [];
    const what = `limits of ${missing.join(', ')} are not enforced (cgroup version ${engine.cgroupVersion})`;
    return [error(what, "add cgroup_enable=memory to the kernel's command line, then reboot")];
  },
});
