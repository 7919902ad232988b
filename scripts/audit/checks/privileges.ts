import { type AuditCheck, when } from '../check.ts';
import type { Inspected } from '../inspected.ts';

const options = ({ HostConfig }: Inspected): string[] => HostConfig.SecurityOpt ?? [];

/** What a process of a container may do to its host. */
export const privilegeChecks: AuditCheck[] = [
  {
    name: 'user',
    cis: ['4.1'],
    rule: 'it runs as a numeric user and group that are not root',
    faults({ Config, HostConfig }) {
      const groups = HostConfig.GroupAdd ?? [];
      return [
        ...when(!/^[1-9]\d*:[1-9]\d*$/.test(Config.User), `its user is "${Config.User || 'root'}"`),
        ...when(groups.length > 0, `it is in the groups ${groups.join(', ')} too`),
      ];
    },
  },
  {
    name: 'processes',
    cis: ['5.7', '5.24'],
    rule: 'every process in it has its one user, and none lets people log in',
    faults({ Id, Config, State }, { processes }) {
      const wanted = Number(Config.User.split(':')[0]);
      const seen = processes.get(Id) ?? [];
      if (State.Running && seen.length === 0)
        return ['the engine does not say what runs in it: it needs ps (apt-get install procps)'];
      return seen.flatMap(({ uid, command }) => [
        ...when(uid !== wanted, `${command} runs as uid ${uid}`),
        ...when(/^(sshd|dropbear|telnetd)\b/.test(command), `${command} runs in it`),
      ]);
    },
  },
  {
    name: 'privileged',
    cis: ['5.5'],
    rule: 'it is not privileged',
    faults: ({ HostConfig }) => when(HostConfig.Privileged, 'it is privileged'),
  },
  {
    name: 'capabilities',
    cis: ['5.4'],
    rule: 'it has no capability of the kernel',
    faults({ HostConfig }) {
      const dropped = (HostConfig.CapDrop ?? []).map((name) => name.toUpperCase());
      const added = HostConfig.CapAdd ?? [];
      return [
        ...when(!dropped.includes('ALL'), 'it keeps the default capabilities'),
        ...when(added.length > 0, `it was given ${added.join(', ')}`),
      ];
    },
  },
  {
    name: 'no-new-privileges',
    cis: ['5.26'],
    rule: 'no program in it can gain privileges',
    faults: (container) =>
      when(
        !options(container).some((option) => /^no-new-privileges([:=]true)?$/.test(option)),
        'setuid programs work in it',
      ),
  },
  {
    name: 'seccomp',
    cis: ['5.22'],
    rule: 'the kernel filters its system calls',
    faults: (container, { engine }) => [
      ...when(
        options(container).some((option) => /^seccomp[:=]unconfined$/.test(option)),
        'its filter of system calls is off',
      ),
      ...when(
        !engine.securityOptions.some((option) => /name=seccomp/.test(option) && !/unconfined/.test(option)),
        'the engine filters no system calls',
      ),
    ],
  },
  {
    name: 'masked-paths',
    cis: [],
    rule: 'what /proc and /sys tell of the host is hidden',
    faults: ({ HostConfig }) =>
      when((HostConfig.MaskedPaths ?? []).length === 0, 'the host shows through /proc and /sys'),
  },
  {
    name: 'apparmor',
    cis: ['5.2'],
    rule: 'AppArmor confines it',
    applies: ({ engine }) => engine.securityOptions.some((option) => option.includes('apparmor')),
    faults: ({ AppArmorProfile }) =>
      when(['', 'unconfined'].includes(AppArmorProfile), 'no profile of AppArmor confines it'),
  },
  {
    name: 'selinux',
    cis: ['5.3'],
    rule: 'SELinux labels it',
    applies: ({ engine }) => engine.securityOptions.some((option) => option.includes('selinux')),
    faults: (container) =>
      when(
        container.ProcessLabel === '' ||
          options(container).some((option) => /^label[:=]disable/.test(option)),
        'it has no label of SELinux',
      ),
  },
];
