import { type AuditCheck, when } from '../check.ts';

const SIZED_LOGS = ['json-file', 'local'];

/** What one container may take from the others, and how it comes back. */
export const limitChecks: AuditCheck[] = [
  {
    name: 'memory',
    cis: ['5.11'],
    rule: 'its memory has a limit',
    faults: ({ HostConfig }) => when(HostConfig.Memory <= 0, 'it may take all memory'),
  },
  {
    name: 'cpu',
    cis: ['5.12'],
    rule: 'its processor time has a limit',
    faults: ({ HostConfig }) =>
      when(HostConfig.NanoCpus <= 0 && HostConfig.CpuQuota <= 0, 'it may take every core'),
  },
  {
    name: 'pids',
    cis: ['5.29'],
    rule: 'the number of its processes has a limit',
    faults: ({ HostConfig }) => when((HostConfig.PidsLimit ?? 0) <= 0, 'it may start processes without end'),
  },
  {
    name: 'core-dumps',
    cis: ['5.19'],
    rule: 'a process that crashes leaves no file with its memory',
    faults: ({ HostConfig }) =>
      when(
        !(HostConfig.Ulimits ?? []).some(({ Name, Hard }) => Name === 'core' && Hard === 0),
        'its memory may be dumped into a file',
      ),
  },
  {
    name: 'logs',
    cis: [],
    rule: 'its log on the host is rotated',
    faults({ HostConfig: { LogConfig } }) {
      const { 'max-size': size, 'max-file': files } = LogConfig.Config ?? {};
      const isBounded = SIZED_LOGS.includes(LogConfig.Type) && size !== undefined && files !== undefined;
      return when(!isBounded, `its log (${LogConfig.Type}) grows without end`);
    },
  },
  {
    name: 'init',
    cis: [],
    rule: 'an init reaps what its processes leave behind',
    faults: ({ HostConfig }) => when(HostConfig.Init !== true, 'dead processes pile up in it'),
  },
  {
    name: 'health',
    cis: ['5.27'],
    rule: 'a check with a start period says whether it is well',
    faults({ Config: { Healthcheck } }) {
      const [kind] = Healthcheck?.Test ?? [];
      if (kind === undefined || kind === 'NONE') return ['nothing looks whether it is well'];
      return when((Healthcheck?.StartPeriod ?? 0) <= 0, 'its check has no start period');
    },
  },
  {
    name: 'restart',
    cis: ['5.15'],
    rule: 'it comes back when it ends',
    faults({ HostConfig: { RestartPolicy } }) {
      const { Name: name, MaximumRetryCount: tries } = RestartPolicy;
      const comesBack =
        name === 'unless-stopped' || name === 'always' || (name === 'on-failure' && tries > 0);
      return when(!comesBack, `its restart policy is "${name || 'no'}"`);
    },
  },
];
