import { serviceOf } from '../../audit/inspected.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

/** A dump of a process that held secrets is a file with them. */
export const coreDumps = defineCheck({
  name: 'core-dumps',
  rule: 'a process that crashes leaves no file with its memory behind',
  needs: 'running',
  async detect({ host, containers }) {
    const pattern = ((await host.read('/proc/sys/kernel/core_pattern')) ?? '').trim();
    if (pattern === '' || pattern === '|/bin/false') return [];
    const open = containers
      .filter(({ State }) => State.Running)
      .filter(
        ({ HostConfig }) =>
          !(HostConfig.Ulimits ?? []).some(({ Name, Hard }) => Name === 'core' && Hard === 0),
      )
      .map(serviceOf);
    if (open.length === 0) return [];
    const what = `memory of ${open.join(', ')} may be dumped (core_pattern is "${pattern}")`;
    return [warning(what, "sysctl -w kernel.core_pattern='|/bin/false'")];
  },
});
