import { beforeAll, expect, test } from 'vitest';
import { mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { openProbe } from './openProbe.ts';
import { openWorld } from './openWorld.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

/** Every port that a service listens on, and who alone may knock at it. */
const CALLERS: Record<string, string[]> = {
  'postgres:5432': ['api-a', 'api-b', 'worker', 'postgres-exporter', 'redis-exporter', 'redis'],
  'redis:6379': ['api-a', 'api-b', 'worker', 'postgres-exporter', 'redis-exporter', 'postgres'],
  'minio:9000': ['s3-guard'],
  'vault:8200': ['api-a', 'api-b', 'prometheus', 'worker'],
};

/** Who calls out of the host: nginx answers there, the other two call what operators and tenants name. */
const WITH_A_WAY_OUT = ['alertmanager', 'nginx', 'worker'];

interface Seen {
  service: string;
  name: string;
  networks: { address: string }[];
  published: string[];
}

let bundle: TheBundle;
let containers: Seen[];
const reached = new Map<string, string[]>();
let outside: string;

beforeAll(async () => {
  bundle = await theBundle();
  const running = (await listContainers(bundle.dir)).filter(({ state }) => state === 'running');
  const inspected = JSON.parse(await mustDocker(['inspect', ...running.map(({ id }) => id)]));
  containers = running.map(({ service, name }, index) => {
    const { Networks: networks, Ports: ports } = inspected[index].NetworkSettings;
    return {
      service,
      name,
      networks: Object.values(networks as Record<string, { IPAddress: string }>).map((one) => ({
        address: one.IPAddress,
      })),
      published: Object.entries(ports as Record<string, unknown>).flatMap(([port, to]) => (to ? [port] : [])),
    };
  });
  const targets = Object.keys(CALLERS).flatMap((at) => {
    const [service, port] = at.split(':');
    const addresses = containers.find((one) => one.service === service)?.networks ?? [];
    return addresses.map(({ address }) => ({ address, port: Number(port) }));
  });
  await using world = await openWorld();
  targets.push({ address: world.address, port: world.port });
  outside = `${world.address}:${world.port}`;
  const waiting = [...containers];
  const knockAll = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      // In the very network of the container: what it may do, and no more.
      await using probe = await openProbe(bundle, `container:${next.name}`);
      reached.set(next.service, await probe.run('reachPorts', targets));
    }
  };
  await Promise.all([knockAll(), knockAll(), knockAll()]);
}, 300_000);

test.each(Object.entries(CALLERS))(
  '%s can be reached by who works with it, and by nobody else',
  (at, callers) => {
    const [service, port] = at.split(':');
    const addresses = containers
      .find((one) => one.service === service)
      ?.networks.map((one) => `${one.address}:${port}`);
    const able = [...reached].flatMap(([caller, open]) =>
      caller !== service && open.some((address) => addresses?.includes(address)) ? [caller] : [],
    );
    expect(able.sort()).toEqual([...callers].sort());
  },
);

test('nothing has a way out but what answers or calls the world', () => {
  const able = [...reached].flatMap(([service, open]) => (open.includes(outside) ? [service] : []));
  expect(able.sort()).toEqual(WITH_A_WAY_OUT);
});

test('only nginx listens on the host, and on the address that was named', async () => {
  const published = containers.filter((one) => one.published.length > 0);
  expect(published.map(({ service }) => service)).toEqual(['nginx']);
  expect(published[0]?.published.sort()).toEqual(['8080/tcp', '8443/tcp']);
  const [nginx] = JSON.parse(await mustDocker(['inspect', published[0]?.name ?? '']));
  const bindings = Object.values(
    nginx.HostConfig.PortBindings as Record<string, { HostIp: string }[]>,
  ).flat();
  expect(new Set(bindings.map(({ HostIp }) => HostIp))).toEqual(new Set([bundle.settings.ORIGIN_BIND]));
});
