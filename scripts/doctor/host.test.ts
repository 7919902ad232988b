import { getServers } from 'node:dns';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineState } from '../engine/engineState.ts';
import { planEngine } from '../engine/planEngine.ts';
import { runTool } from '../engine/runTool.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import type { EngineInfo } from './doctorCheck.ts';
import { type Host, realHost } from './host.ts';
import { measureSyncs } from './measureSyncs.ts';
import { memoryOf } from './memoryOf.ts';
import { skewOf } from './openContext.ts';
import { contextOf, goodEngine, goodSettings, issuesOf } from './test/contextOf.ts';

const packaged = (await runTool('dpkg', ['-S', '*bin/dockerd'])).code === 0;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-doctor-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A host whose files say this. */
const files = (texts: Record<string, string>): Partial<Host> => ({ read: async (path) => texts[path] });
const meminfo = (gigabytes: number) =>
  files({ '/proc/meminfo': `MemTotal:  ${gigabytes * 1_000_000} kB\nSwapTotal: 1000 kB\n` });
const space = (freeBytes: number, freeInodes = 1_000): Partial<Host> => ({
  disk: async () => ({ freeBytes, totalBytes: 100e9, freeInodes, totalInodes: 1_000 }),
});
const swaps = (device: string) => ({ '/proc/swaps': `Filename Type\n${device} partition 1000 0 -2\n` });
const mounted = (options: string): Partial<Host> => ({
  ...files({ '/proc/self/mounts': `/dev/a / ext4 ${options} 0 0\n` }),
  realpath: async (path) => path,
});
const answer = (code: number, output: string): Partial<Host> => ({ run: async () => ({ code, output }) });
/** As timedatectl does: it prints what `--property` names, each by an option of its own. */
const timedatectl = (known: Record<string, string>): Partial<Host> => ({
  run: async (_program, args) => {
    const asked = Object.keys(known).filter((name) => args.includes(`--property=${name}`));
    return { code: 0, output: asked.map((name) => `${name}=${known[name]}`).join('\n') };
  },
});
const env = (given: NodeJS.ProcessEnv): Partial<Host> => ({ env: given });

interface Sabotage {
  host?: Partial<Host>;
  engine?: Partial<EngineInfo> | 'none';
}

/** A check, a host on which it finds something, what it says, and one on which it finds nothing any more. */
const TRIED: [name: string, broken: Sabotage, says: RegExp, mended: Sabotage][] = [
  ['engine', { engine: 'none', host: answer(1, 'Cannot connect') }, /^error no Docker engine answers/, {}],
  ['engine', { engine: 'none', host: answer(1, 'permission denied') }, /may not speak/, {}],
  [
    'engine',
    { engine: { version: '19.03.8' } },
    /19\.03\.8, older than 20\.10/,
    { engine: { version: '28.2.2' } },
  ],
  [
    'compose',
    { engine: { composeVersion: '2.6.0' } },
    /2\.6\.0, older/,
    { engine: { composeVersion: 'v2.40.1' } },
  ],
  ['compose', { engine: { composeVersion: '' } }, /not there/, {}],
  ['engine-kind', { engine: { kind: 'Podman Engine' } }, /Podman Engine answers/, {}],
  ['engine-kind', { engine: { kind: 'Podman', version: '' } }, /Podman answers/, {}],
  ['engine-kind', { engine: { securityOptions: ['name=rootless'] } }, /runs without root/, {}],
  ['engine-kind', { engine: { securityOptions: ['name=selinux'] } }, /^warning SELinux/, {}],
  ['cgroups', { engine: { memoryLimit: false, pidsLimit: false } }, /memory, processes are not/, {}],
  ['cores', { host: { cores: () => 1 } }, /there is 1 core/, { host: { cores: () => 2 } }],
  ['memory', { host: meminfo(1.05) }, /^error there are 1\.1 GB/, { host: meminfo(8) }],
  ['memory', { host: meminfo(3) }, /^warning there are 3\.1 GB/, { host: meminfo(4) }],
  ['swap', { host: files(swaps('/dev/sda2')) }, /on \/dev\/sda2/, { host: files(swaps('/dev/zram0')) }],
  [
    'swap',
    { host: files(swaps('/dev/dm-1')) },
    /on \/dev\/dm-1/,
    { host: files({ ...swaps('/dev/dm-1'), '/sys/block/dm-1/dm/uuid': 'CRYPT-PLAIN-x' }) },
  ],
  [
    'overcommit',
    { host: files({ '/proc/sys/vm/overcommit_memory': '2\n' }) },
    /is 2/,
    { host: files({ '/proc/sys/vm/overcommit_memory': '1\n' }) },
  ],
  ['disk', { host: space(1e9) }, /^error 1\.0 GB of 100\.0 GB/, { host: space(50e9) }],
  ['disk', { host: space(5e9) }, /^warning 5\.0 GB/, { host: space(50e9) }],
  ['inodes', { host: space(50e9, 50) }, /^warning 50 of 1000/, { host: space(50e9, 500) }],
  ['inodes', { host: space(50e9, 5) }, /^error 5 of 1000/, { host: space(50e9, 500) }],
  [
    'sync-time',
    { host: { syncP99: async () => 25.04 } },
    /within 25\.0 ms, not 10/,
    { host: { syncP99: async () => 2 } },
  ],
  ['data-mount', { host: mounted('rw,noexec') }, /mounted noexec/, { host: mounted('rw,relatime') }],
  ['data-mount', { host: mounted('ro') }, /mounted read-only/, { host: mounted('rw') }],
  [
    'name-servers',
    { host: files({ '/etc/resolv.conf': 'search x\n' }) },
    /names no name server/,
    { host: files({ '/etc/resolv.conf': 'nameserver 10.0.0.2\n' }) },
  ],
  [
    'name-servers',
    { host: files({ '/etc/resolv.conf': 'nameserver 127.0.0.1\n' }) },
    /loopback/,
    { host: files({ '/etc/resolv.conf': 'nameserver 127.0.0.53\n' }) },
  ],
  [
    'proxy',
    { host: env({ HTTPS_PROXY: 'proxy:3128' }) },
    /HTTPS_PROXY is no address/,
    { host: env({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost,127.0.0.1' }) },
  ],
  [
    'proxy',
    { host: env({ https_proxy: 'http://proxy:3128' }) },
    /NO_PROXY leaves out/,
    { host: env({ https_proxy: 'http://proxy:3128', NO_PROXY: '*' }) },
  ],
  ['ca-bundle', { host: env({ SSL_CERT_FILE: '/nowhere.pem' }) }, /cannot be read/, { host: env({}) }],
  ['ca-bundle', { host: env({ NODE_EXTRA_CA_CERTS: '/etc/passwd' }) }, /no certificate/, { host: env({}) }],
  ['clock', { host: { nowMs: () => 1e12 } }, /before the product's own files/, { host: answer(127, '') }],
  ['clock', { engine: { skewMs: 60_000 } }, /differs by 60 s/, { host: answer(127, '') }],
  [
    'clock',
    { host: timedatectl({ NTP: 'no', NTPSynchronized: 'no' }) },
    /^warning nothing keeps/,
    { host: timedatectl({ NTP: 'yes', NTPSynchronized: 'yes' }) },
  ],
  ['public-name', { host: { resolve: async () => [] } }, /no name server knows localhost/, {}],
  ['public-name', { host: { resolve: async () => ['203.0.113.9'] } }, /leads to 203\.0\.113\.9/, {}],
  [
    'subnets',
    { host: { addresses: () => [{ address: '172.30.0.1', cidr: '172.30.0.1/16', device: 'tun0' }] } },
    /overlaps with tun0/,
    { host: { addresses: () => [] } },
  ],
];

function look(name: string, { host = {}, engine = {} }: Sabotage) {
  const info = engine === 'none' ? undefined : { ...goodEngine, ...engine };
  // No other bundle's networks count here.
  const noEngine = name === 'subnets' ? undefined : info;
  return issuesOf(name, contextOf(root, { host, engine: noEngine }));
}

describe('the checks of the host', () => {
  it.each(TRIED)(
    '%s finds what is wrong, and nothing once it is mended',
    async (name, broken, says, mended) => {
      const found = await look(name, broken);
      expect(found.map(({ severity, what }) => `${severity} ${what}`).join('\n')).toMatch(says);
      for (const { fix } of found) expect(fix.length).toBeGreaterThan(8);
      expect(await look(name, mended)).toEqual([]);
    },
  );

  it('names a data folder that is a symbolic link, and not one that is not there yet', async () => {
    const link = join(root, 'link');
    await symlink(root, link);
    const [issue] = await issuesOf('data-mount', contextOf(link, { engine: undefined }));
    expect(issue?.what).toContain(`is a symbolic link to ${root}`);
    const [, itself = ''] = /^name the folder itself: (.+)$/.exec(issue?.fix ?? '') ?? [];
    expect(await issuesOf('data-mount', contextOf(itself, { engine: undefined }))).toEqual([]);
    expect(
      await issuesOf('data-mount', contextOf(join(root, 'later', 'deeper'), { engine: undefined })),
    ).toEqual([]);
  });

  it('measures the disk for real, and skips a place where it may not write', async () => {
    expect(await measureSyncs(root)).toBeGreaterThan(0);
    expect(await realHost.syncP99('/proc')).toBeUndefined();
  });

  it('proxy and ca-bundle are mended by what they say to type', async () => {
    const typed = async (given: NodeJS.ProcessEnv, name: string) => {
      const [found] = await issuesOf(name, contextOf(root, { host: env(given) }));
      const { output } = await runTool('env', [
        '-i',
        ...Object.entries(given).map(([key, value]) => `${key}=${value}`),
        '/bin/sh',
        '-c',
        `${found?.fix.split(', or ')[0]}; env`,
      ]);
      return Object.fromEntries(output.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    };
    const address = await typed({ HTTPS_PROXY: 'proxy:3128', NO_PROXY: 'intern.example' }, 'proxy');
    const mended = await typed(address, 'proxy');
    expect(mended.NO_PROXY).toBe('localhost,127.0.0.1,intern.example');
    expect(await issuesOf('proxy', contextOf(root, { host: env(mended) }))).toEqual([]);
    const unset = await typed({ SSL_CERT_FILE: '/nowhere.pem' }, 'ca-bundle');
    expect(unset).not.toHaveProperty('SSL_CERT_FILE');
    expect(await issuesOf('ca-bundle', contextOf(root, { host: env(unset) }))).toEqual([]);
  });

  it.each<[check: string, engine: Partial<EngineInfo>]>([
    ['engine', { version: '19.03.8' }],
    ['compose', { composeVersion: '2.6.0' }],
    ['compose', { composeVersion: '' }],
    ['engine-kind', { kind: 'Podman Engine' }],
    ['engine-kind', { kind: 'Podman' }],
  ])('%s names for %j what `./stack engine` does, or what that says itself', async (name, engine) => {
    const { version, kind, composeVersion } = { ...goodEngine, ...engine };
    const state: EngineState = {
      engine: { answers: true, version, kind, forbidden: false, installed: true },
      compose: composeVersion,
      buildx: true,
      root: true,
      systemd: true,
      distribution: { name: 'Debian', codename: 'trixie', supported: true },
    };
    const [found] = await look(name, { engine, host: env({}) });
    if (found?.fix === './stack engine --yes') expect(planEngine(state, {}).steps).not.toEqual([]);
    else expect(() => planEngine(state, {})).toThrow(expect.objectContaining({ next: found?.fix }));
  });

  it.skipIf(!packaged)(
    `the upgrade of an old engine names its package${packaged ? '' : " (skipped: needs an engine of the system's packages)"}`,
    async () => {
      const [found] = await look('engine', { engine: { version: '19.03.8' } });
      const [, install = ''] = /&& apt-get install (--only-upgrade .+); where/.exec(found?.fix ?? '') ?? [];
      const { code, output } = await runTool('sh', ['-c', `apt-get install --simulate ${install}`]);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^(docker|Inst docker)/m) });
    },
  );

  it('engine-kind names for SELinux each folder of the checkout that containers mount', async () => {
    const engine = { ...goodEngine, securityOptions: ['name=selinux'] };
    const [found] = await issuesOf('engine-kind', contextOf(root, { engine }));
    const text = await readFile(join(CHECKOUT, 'compose/compose.yml'), 'utf8');
    const mounted = [...text.matchAll(/^ +- (\.\.?\/[^:]+):/gm)].map(([, path = '']) =>
      relative(CHECKOUT, join(CHECKOUT, 'compose', path)),
    );
    expect(mounted.length).toBeGreaterThan(5);
    const secrets = join(root, 'secrets');
    expect(found?.fix.split(' ').slice(3).sort()).toEqual([...new Set([secrets, ...mounted])].sort());
  });

  it('reads what this kernel and this host really say', async () => {
    expect((await memoryOf(realHost)).MemTotal).toBe(totalmem());
    const devices = ((await realHost.read('/proc/swaps')) ?? '').split('\n').slice(1).filter(Boolean);
    expect((await memoryOf(realHost)).SwapTotal === 0).toBe(devices.length === 0);
    expect(await realHost.read('/proc/sys/vm/overcommit_memory')).toMatch(/^[012]\n$/);
    expect(realHost.cores()).toBe(Number((await runTool('nproc', [])).output));
    // Node reads the same file for its own questions; of the host's loopback it has nothing to say.
    const reached = getServers().filter((server) => !/^(127\.|::1)/.test(server) || server === '127.0.0.53');
    expect((await issuesOf('name-servers', contextOf(root))).length === 0).toBe(reached.length > 0);
    // Where systemd keeps the clock it answers; elsewhere nothing is said.
    const { code, output } = await realHost.run('timedatectl', ['show', '--property=NTPSynchronized']);
    if (code === 0) expect(output).toMatch(/^NTPSynchronized=(yes|no)$/);
  });

  it('takes the time that the question took for no skew of the clock', () => {
    const slow = { askedMs: 100_000, answeredMs: 107_000 };
    expect(skewOf(103_000, slow)).toBe(0);
    expect(skewOf(90_000, slow)).toBe(10_000);
    expect(skewOf(120_000, slow)).toBe(13_000);
    expect(skewOf(Number.NaN, slow)).toBeNaN();
  });

  it('asks the real host for everything else without failing', async () => {
    const { totalBytes, freeInodes } = await realHost.disk(join(root, 'not', 'there'));
    expect(totalBytes).toBeGreaterThan(0);
    expect(freeInodes).toBeGreaterThanOrEqual(0);
    expect(realHost.addresses().map(({ address }) => address)).toContain('127.0.0.1');
    expect(await realHost.resolve(goodSettings.ORIGIN_PUBLIC_NAME)).not.toEqual([]);
    expect(await realHost.resolve('nobody.invalid')).toEqual([]);
  });
});
