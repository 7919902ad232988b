import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTool } from '../../engine/runTool.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { inspectService } from '../test/containerFaults.ts';
import { type Namespace, openNamespace } from '../test/openNamespace.ts';
import { openProbe } from '../test/openProbe.ts';
import type { Ran } from '../test/stack.ts';
import { freeSubnet, removeProject, removeTestProjects } from '../test/testProject.ts';
import { bundleIn } from '../test/theBundle.ts';
import { crossings } from './crossings.ts';
import type { Packet } from './readPackets.ts';
import { type Capture, startCapture } from './startCapture.ts';

const PROJECT = 'origin-capture-test';
/** Of RFC 5737: nobody's; and this host is told to send it nowhere. */
const NOBODY = '198.51.100.7';
const NOBODYS_NAME = 'origin-capture.invalid';
/** One of each network that is internal in a real bundle, and the one that may call out. */
const TRIED = ['cron', 'postgres', 'minio', 'vault', 'prometheus', 'worker'];
let root: string;
let dir: BundleDir;
let subnet: string;
let namespace: Namespace;
let bridges: string[];
let ownNames: string[];
let inside: BlockList;

/** `./stack` as an operator types it, where nobody else's packets are. */
function stack(...args: string[]): Promise<Ran> {
  const [command = '', ...enter] = namespace.enter;
  const argv = [...enter, join(CHECKOUT, 'stack'), ...args, '--state-dir', dir.root];
  return new Promise((resolve) => {
    execFile(command, argv, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  await removeTestProjects();
  root = await mkdtemp(join(tmpdir(), 'origin-stack-capture-'));
  dir = locateBundle(join(root, 'bundle'));
  subnet = await freeSubnet();
  namespace = await openNamespace('origin-running', { first: 12, wayOut: true });
  const url = [
    '--url',
    `https://origin.internal:${await freePort()}`,
    '--http-port',
    String(await freePort()),
  ];
  const where = ['--project', PROJECT, '--subnet', subnet, '--bind', namespace.address];
  const init = await stack('init', ...where, ...url);
  expect(init.code, init.stderr).toBe(0);
  bridges = await makeOpenNetworks();
  inside = new BlockList();
  inside.addSubnet(`${subnet}.0`, 24);
  inside.addSubnet(namespace.network.split('/')[0] ?? '', 30);
  inside.addSubnet('127.0.0.0', 8);
  inside.addAddress('::1', 'ipv6');
  const services = (await mustDocker(composeArgv(dir, 'config', '--services'))).trim().split('\n');
  const resolver = await readFile('/etc/resolv.conf', 'utf8');
  const domains = /^search (.*)$/m.exec(resolver)?.[1]?.split(' ') ?? [];
  ownNames = services.flatMap((name) => [name, ...domains.map((domain) => `${name}.${domain}`)]);
  await runTool('ip', ['route', 'replace', 'unreachable', `${NOBODY}/32`]);
});

afterAll(async () => {
  await removeProject(PROJECT);
  await runTool('ip', ['route', 'delete', 'unreachable', `${NOBODY}/32`]);
  await namespace?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/**
 * The networks of the bundle without their walls, before anything runs: behind a wall nothing would be seen of who
 * only tries, and a question of theirs for a name would not leave the container.
 */
async function makeOpenNetworks(): Promise<string[]> {
  const { networks } = JSON.parse(await mustDocker(composeArgv(dir, 'config', '--format', 'json')));
  const open = Object.keys(networks).map((name) => `  ${name}: { internal: false }\n`);
  const file = join(root, 'without-walls.yml');
  await writeFile(file, `networks:\n${open.join('')}`);
  await mustDocker(composeArgv(dir, '--file', file, 'create'));
  const label = `label=com.docker.compose.project=${PROJECT}`;
  const ids = (await mustDocker(['network', 'ls', '--quiet', '--filter', label])).trim().split('\n');
  const made = JSON.parse(await mustDocker(['network', 'inspect', ...ids])) as {
    Id: string;
    Internal: boolean;
  }[];
  expect(made.filter(({ Internal }) => Internal)).toEqual([]);
  return made.map(({ Id }) => `br-${Id.slice(0, 12)}`);
}

/** Every bridge of the bundle, and the cable of the command; what stays in the bundle is left out. It gives what ends it. */
async function captureAll(): Promise<() => Promise<Packet[]>> {
  const folder = await mkdtemp(join(root, 'packets-'));
  const own = `${subnet}.0/24`;
  const captures: Capture[] = [];
  for (const one of [...bridges, namespace.outside]) {
    captures.push(await startCapture(one, folder, `not (src net ${own} and dst net ${own})`));
  }
  return async () => (await Promise.all(captures.map((one) => one.stop()))).flat();
}

it('calls nobody outside while it starts, works, changes and has its replicas replaced', async () => {
  const since = new Date().toISOString();
  const stop = await captureAll();
  const up = await stack('up');
  expect(up.code, up.stderr).toBe(0);
  expect(up.stdout).toContain('Self-check: ');
  const demo = await stack('demo');
  expect(demo.code, demo.stderr).toBe(0);
  expect(demo.stdout).toContain('every certificate, pack and webhook verified');
  // Other images of the same bundle, which is what an upgrade brings.
  const changed = await stack('up', '--overlay', 'versitygw');
  expect(changed.code, changed.stderr).toBe(0);
  const replicas = composeArgv(
    dir,
    'up',
    '--detach',
    '--force-recreate',
    '--wait',
    'api-a',
    'worker',
    'cron',
  );
  await mustDocker(replicas);
  const status = await stack('status');
  expect(status.code, status.stdout).toBe(0);

  const packets = await stop();
  // The command's own calls of the public listener: a capture that saw nothing proves nothing.
  expect(packets.some(({ protocol, target }) => protocol === 'tcp' && target === namespace.address)).toBe(
    true,
  );
  const seen = crossings(packets, inside);
  expect(seen.talks).toEqual([]);
  // The engine passes on what it does not know, and it knows no name of a container that is not there yet.
  expect(seen.questions.filter((name) => !ownNames.includes(name))).toEqual([]);
  process.stdout.write(`asked of the host's name server: ${seen.questions.join(', ') || 'nothing'}\n`);
  const period = ['--since', since, '--until', new Date().toISOString()];
  expect(await mustDocker(['events', ...period, '--filter', 'event=pull'])).toBe('');
});

it('would have seen a container that asks for a name or calls an address, and nothing calls at the end', async () => {
  const bundle = await bundleIn(dir.root);
  const stop = await captureAll();
  for (const service of TRIED) {
    const { name } = await inspectService(bundle, service);
    await using probe = await openProbe(bundle, `container:${name}`);
    const targets = [
      { address: NOBODY, port: 9 },
      { address: NOBODYS_NAME, port: 9 },
    ];
    expect(await probe.run('reachPorts', targets)).toEqual([]);
  }
  const down = await stack('down');
  expect(down.code, down.stderr).toBe(0);

  const seen = crossings(await stop(), inside);
  expect(seen.questions.filter((name) => !ownNames.includes(name))).toEqual([NOBODYS_NAME]);
  expect(new Set(seen.talks.map((talk) => talk.split(' -> ')[1]))).toEqual(new Set([`${NOBODY} tcp 9`]));
  expect(seen.talks).toHaveLength(TRIED.length);
});
