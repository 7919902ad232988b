import { describe, expect, it } from 'vitest';
import type { Inspected } from './inspected.ts';
import { type DeclaredService, liveChanges } from './liveChanges.ts';

const declared: DeclaredService = {
  networks: { app: { ipv4_address: '10.0.0.9' }, data: null },
  mem_limit: '67108864',
  cpus: 0.5,
  pids_limit: 200,
  restart: 'unless-stopped',
};
const networks = { app: { name: 'x_app' }, data: { name: 'x_data' } };
const asDeclared = {
  Memory: 67_108_864,
  NanoCpus: 5e8,
  PidsLimit: 200,
  RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
};
const attached: Inspected['NetworkSettings']['Networks'] = {
  x_app: { IPAMConfig: { IPv4Address: '10.0.0.9' }, Aliases: ['one', 'x-one-1'] },
  x_data: { IPAMConfig: null, Aliases: ['one'] },
};

function changesOf(limits: object, on = attached, service = declared) {
  const container = {
    Name: '/x-one-1',
    Config: { Labels: { 'com.docker.compose.service': 'one' } },
    HostConfig: { ...asDeclared, ...limits },
    NetworkSettings: { Networks: on },
  } as unknown as Inspected;
  return liveChanges(container, service, networks);
}

describe('what was changed on a container since it was made', () => {
  it('is nothing where it is as declared, also in no network and with no restart policy', () => {
    expect(changesOf({})).toEqual([]);
    const alone: DeclaredService = { ...declared, network_mode: 'none', networks: {} };
    expect(changesOf({}, { none: { IPAMConfig: null, Aliases: null } }, alone)).toEqual([]);
    const once: DeclaredService = { ...declared, restart: 'no' };
    const policy = { RestartPolicy: { Name: '', MaximumRetryCount: 0 } };
    expect(changesOf(policy, attached, once)).toEqual([]);
  });

  it.each([
    [{ Memory: 0 }, 'its memory limit is none', '--memory 67108864 --memory-swap 134217728'],
    [{ NanoCpus: 0 }, 'its limit of cpus is none', '--cpus 0.5'],
    [{ PidsLimit: null }, 'its limit of processes is none', '--pids-limit 200'],
    [{ PidsLimit: 100_000 }, 'its limit of processes is 100000', '--pids-limit 200'],
    [
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
      'its restart policy is on-failure:3',
      '--restart unless-stopped',
    ],
  ])('is a limit: %j', (limits, difference, flags) => {
    expect(changesOf(limits)).toEqual([
      { difference: expect.stringContaining(difference), fix: `docker update ${flags} x-one-1` },
    ]);
  });

  it('is a network that it was given or lost, another address, a name that is missing', () => {
    const { x_app, x_data } = attached as Required<typeof attached>;
    const leave = (network: string) => `docker network disconnect ${network} x-one-1`;
    const enter = {
      app: 'docker network connect --ip 10.0.0.9 --alias one x_app x-one-1',
      data: 'docker network connect --alias one x_data x-one-1',
    };
    const fixesOf = (on: typeof attached) => changesOf({}, on).map(({ fix }) => fix);
    expect(fixesOf({ ...attached, x_storage: {} })).toEqual([leave('x_storage')]);
    expect(fixesOf({ x_data: x_data! })).toEqual([enter.app]);
    expect(fixesOf({ x_app: x_app!, x_data: { ...x_data, Aliases: ['x-one-1'] } })).toEqual([
      `${leave('x_data')} && ${enter.data}`,
    ]);
    expect(fixesOf({ x_app: { ...x_app, IPAMConfig: null }, x_data: x_data! })).toEqual([
      `${leave('x_app')} && ${enter.app}`,
    ]);
    expect(
      fixesOf({ x_app: x_app!, x_data: { ...x_data, IPAMConfig: { IPv4Address: '10.1.1.1' } } }),
    ).toEqual([`${leave('x_data')} && ${enter.data}`]);
  });
});
