import { auditChecks } from './checkList.ts';

/** An item of section 5 (container runtime) of the CIS Docker Benchmark 1.6.0. */
export interface CisItem {
  id: string;
  title: string;
  /** The checks that cover it; none where it does not apply. */
  checks: string[];
  /** Why it does not apply, or how the product keeps it in another way than the item says. */
  reason?: string;
}

const TITLES: [string, string, string?][] = [
  ['5.1', 'swarm mode is off where it is not needed'],
  ['5.2', 'an AppArmor profile is in force', 'looked at where the host has AppArmor'],
  ['5.3', 'SELinux options are set', 'looked at where the host has SELinux'],
  ['5.4', 'capabilities of the kernel are restricted'],
  ['5.5', 'no container is privileged'],
  ['5.6', 'no sensitive folder of the host is mounted'],
  ['5.7', 'no SSH server runs in a container'],
  ['5.8', 'no privileged port of a container is mapped', 'nginx listens on 8443 and 8080 in its container'],
  ['5.9', 'only needed ports are open'],
  ['5.10', "the host's network is not shared"],
  ['5.11', 'memory is limited'],
  ['5.12', 'processor time is limited', 'by an absolute limit (cpus), not by relative shares'],
  ['5.13', 'the root file system is read-only'],
  ['5.14', 'published ports are bound to a named address', '127.0.0.1 until the operator names another'],
  [
    '5.15',
    "the restart policy is 'on-failure' with 5 attempts",
    "'unless-stopped' instead: the product heals without a hand, the engine waits longer after each attempt, and an alert fires",
  ],
  ['5.16', "the host's processes are not shared"],
  ['5.17', "the host's shared memory is not shared"],
  ['5.18', 'no device of the host is in a container'],
  [
    '5.19',
    'default limits (ulimit) are overridden where needed',
    'of core dumps; no service needs another than the default for the rest',
  ],
  ['5.20', 'mounts do not propagate to the host'],
  ['5.21', "the host's UTS namespace is not shared"],
  ['5.22', 'the default seccomp profile is on'],
  [
    '5.23',
    'docker exec is not used with --privileged',
    "none of ./stack's commands does; what others type leaves no trace that could be looked at",
  ],
  ['5.24', 'docker exec is not used with --user=root', 'a process of another user in a container is a gap'],
  ['5.25', 'the control group is the default one'],
  ['5.26', 'no additional privileges can be gained'],
  ['5.27', 'health is checked at run time'],
  ['5.28', 'the newest version of an image runs'],
  ['5.29', 'the number of processes is limited'],
  ['5.30', "the engine's default bridge is not used"],
  ['5.31', "the host's user namespace is not shared"],
  ['5.32', "the engine's socket is in no container"],
];

/** Every item of the section, in its order, with the checks that cover it. */
export const cisItems: readonly CisItem[] = TITLES.map(([id, title, reason]) => ({
  id,
  title,
  checks: auditChecks.filter(({ cis }) => cis.includes(id)).map(({ name }) => name),
  ...(reason ? { reason } : {}),
}));
