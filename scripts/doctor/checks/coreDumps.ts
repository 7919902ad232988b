import { type Inspected, serviceOf } from '../../audit/inspected.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

/** It stores nothing of a process whose limit is 0 (systemd-coredump(8)). */
const HEEDS_LIMITS = /^\|\S*\/systemd-coredump\s/;

/**
 * A dump of a process that held secrets is a file with them. The limit of a container keeps the kernel from writing one,
 * but not from handing it to a program (core(5)).
 */
export const coreDumps = defineCheck({
  name: 'core-dumps',
  rule: 'a process that crashes leaves no file with its memory behind',
  needs: 'running',
  async detect({ host, containers }) {
    const pattern = ((await host.read('/proc/sys/kernel/core_pattern')) ?? '').trim();
    if (pattern === '' || pattern === '|/bin/false') return [];
    const running = containers.filter(({ State }) => State.Running);
    if (pattern.startsWith('|') && !HEEDS_LIMITS.test(pattern)) {
      const what = `memory of a process that crashes is handed to a program, whatever its limit (core_pattern is "${pattern}")`;
      return running.length === 0 ? [] : [warning(what, "sysctl -w kernel.core_pattern='|/bin/false'")];
    }
    const open = running.filter((one) => !mayNotDump(one)).map(serviceOf);
    if (open.length === 0) return [];
    return [
      warning(`memory of ${open.join(', ')} may be dumped (core_pattern is "${pattern}")`, './stack up'),
    ];
  },
});

const mayNotDump = ({ HostConfig }: Inspected) =>
  (HostConfig.Ulimits ?? []).some(({ Name, Hard }) => Name === 'core' && Hard === 0);
