import { isAbsolute, relative, sep } from 'node:path';
import { IDENTITIES } from '../../bundle/identities.ts';
import { type AuditCheck, when } from '../check.ts';
import type { Inspected, InspectedMount } from '../inspected.ts';

const ENGINE_SOCKETS = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
];
const OF_THE_HOST = [
  '/',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/proc',
  '/root',
  '/run',
  '/sys',
  '/usr',
  '/var',
];

/** Whether a path is a folder itself, or lies below it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

const bindsOf = ({ Mounts }: Inspected): InspectedMount[] => Mounts.filter(({ Type }) => Type === 'bind');

/** What a container sees of the host's files, and what it may write. */
export const fileChecks: AuditCheck[] = [
  {
    name: 'read-only',
    cis: ['5.13'],
    rule: 'its root file system is read-only',
    faults: ({ HostConfig }) => when(!HostConfig.ReadonlyRootfs, 'its programs can be overwritten'),
  },
  {
    name: 'tmpfs',
    cis: [],
    rule: 'its temporary folders have a size, and run no programs',
    faults: ({ HostConfig }) =>
      Object.entries(HostConfig.Tmpfs ?? {}).flatMap(([folder, text]) => {
        const options = text.split(',');
        const loose = ['exec', 'suid', 'dev'].filter((option) => options.includes(option));
        return [
          ...when(!options.some((option) => option.startsWith('size=')), `${folder} has no size`),
          ...when(loose.length > 0, `${folder} is mounted ${loose.join(', ')}`),
        ];
      }),
  },
  {
    name: 'mounts-read-only',
    cis: [],
    rule: 'configuration and secrets come from the host read-only',
    faults: (container) =>
      bindsOf(container)
        .filter(({ RW }) => RW)
        .map(({ Source, Destination }) => `it can write ${Source} (as ${Destination})`),
  },
  {
    name: 'own-secrets',
    cis: [],
    rule: 'of the secrets it sees its own folder only',
    faults(container, { settings }) {
      const uid = Number(container.Config.User.split(':')[0]);
      const own = IDENTITIES.filter((identity) => identity.uid === uid).map(
        ({ name }) => `${settings.ORIGIN_SECRETS}/${name}`,
      );
      return bindsOf(container)
        .filter(
          ({ Source }) =>
            isWithin(Source, settings.ORIGIN_SECRETS) || isWithin(settings.ORIGIN_SECRETS, Source),
        )
        .filter(({ Source }) => !own.includes(Source))
        .map(({ Source }) => `it sees ${Source}`);
    },
  },
  {
    name: 'engine-socket',
    cis: ['5.32'],
    rule: "the engine's socket is not in it",
    faults: (container) =>
      bindsOf(container)
        .filter(
          ({ Source }) =>
            ENGINE_SOCKETS.some((socket) => isWithin(socket, Source)) ||
            /(docker|containerd|podman)\.sock$/.test(Source),
        )
        .map(({ Source }) => `${Source} is in it`),
  },
  {
    name: 'host-folders',
    cis: ['5.6'],
    rule: "no folder of the host's system is in it",
    faults: (container) =>
      bindsOf(container)
        .filter(
          ({ Source }) =>
            OF_THE_HOST.includes(Source) ||
            ['/boot', '/dev', '/proc', '/sys'].some((one) => isWithin(Source, one)),
        )
        .map(({ Source }) => `${Source} of the host is in it`),
  },
  {
    name: 'propagation',
    cis: ['5.20'],
    rule: 'mounts in it do not appear on the host',
    faults: ({ Mounts }) =>
      Mounts.filter(({ Propagation }) => /^r?shared$/.test(Propagation)).map(
        ({ Destination }) => `what it mounts below ${Destination} appears on the host`,
      ),
  },
];
