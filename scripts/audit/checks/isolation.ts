import { type AuditCheck, when } from '../check.ts';

const shared = (mode: string, whose: string) => when(mode === 'host', `it shares the host's ${whose}`);

/** What a container shares with its host. */
export const isolationChecks: AuditCheck[] = [
  {
    name: 'no-swarm',
    cis: ['5.1'],
    rule: 'its engine is no part of a swarm',
    faults: (_container, { engine }) =>
      when(!['inactive', ''].includes(engine.swarm), `the engine's swarm mode is ${engine.swarm}`),
  },
  {
    name: 'own-network',
    cis: ['5.10', '5.30'],
    rule: "it is on the bundle's networks, not on the host's and not on the engine's default bridge",
    faults({ HostConfig, NetworkSettings }) {
      const names = [HostConfig.NetworkMode, ...Object.keys(NetworkSettings.Networks ?? {})];
      return [
        ...when(names.includes('host'), "it shares the host's network"),
        ...when(
          names.includes('bridge') || names.includes('default'),
          "it is on the engine's default bridge",
        ),
        ...when(HostConfig.NetworkMode.startsWith('container:'), "it shares another container's network"),
      ];
    },
  },
  {
    name: 'own-processes',
    cis: ['5.16'],
    rule: 'it sees its own processes only',
    faults: ({ HostConfig }) => [
      ...shared(HostConfig.PidMode, 'processes'),
      ...when(HostConfig.PidMode.startsWith('container:'), "it shares another container's processes"),
    ],
  },
  {
    name: 'own-ipc',
    cis: ['5.17'],
    rule: 'its shared memory is its own',
    faults: ({ HostConfig }) =>
      when(
        !['private', 'none', ''].includes(HostConfig.IpcMode),
        `its shared memory is "${HostConfig.IpcMode}", not its own`,
      ),
  },
  {
    name: 'own-names',
    cis: ['5.21', '5.31'],
    rule: "neither its host name nor its users are the host's by setting",
    faults: ({ HostConfig }) => [
      ...shared(HostConfig.UTSMode, 'host name'),
      ...shared(HostConfig.UsernsMode, 'users'),
    ],
  },
  {
    name: 'own-cgroup',
    cis: ['5.25'],
    rule: 'the engine chose its control group',
    faults: ({ HostConfig }) =>
      when(HostConfig.CgroupParent !== '', `it runs below the control group ${HostConfig.CgroupParent}`),
  },
  {
    name: 'no-devices',
    cis: ['5.18'],
    rule: 'it sees no device of the host',
    faults({ HostConfig }) {
      const given = [HostConfig.Devices, HostConfig.DeviceRequests, HostConfig.DeviceCgroupRules];
      return when(
        given.some((list) => (list ?? []).length > 0),
        'devices of the host are in it',
      );
    },
  },
];
