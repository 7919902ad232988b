import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateBundle } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { mustDocker } from '../bundle/compose.ts';
import { runTool } from '../engine/runTool.ts';
import { auditChecks } from './checkList.ts';
import { cisItems } from './cisItems.ts';
import { auditExceptions } from './exceptions.ts';
import { compareContainers } from './findDrift.ts';
import type { Inspected } from './inspected.ts';
import { judge, type Verdict } from './judge.ts';
import { readContext } from './readFacts.ts';
import { removeAll, type Sabotage, sabotaged } from './test/sabotaged.ts';

const BASE = 'origin-stack/base';
const SECRET = 'x4Zq_9bWk-71aTTfv8Lm';
const found = await runTool('docker', ['image', 'ls', BASE, '--format', '{{.Tag}}']);
const [version = ''] = found.code === 0 ? found.output.split('\n') : [];
const skipped =
  version === '' ? ` (skipped: needs a Docker engine with ${BASE}: ./stack images --only base)` : '';
const network = `origin-audit-test-${randomBytes(6).toString('hex')}`;
let root: string;

/** Each check with a way to break it. */
const SABOTAGE: [check: string, how: Sabotage, fault: RegExp][] = [
  ['user', { without: ['--user'] }, /its user is "root"/],
  ['user', { without: ['--user'], with: ['--user=10099:0'] }, /its user is "10099:0"/],
  ['user', { with: ['--group-add=0'] }, /in the groups 0/],
  ['privileged', { with: ['--privileged'] }, /privileged/],
  ['capabilities', { with: ['--cap-add=NET_ADMIN'] }, /given (CAP_)?NET_ADMIN/],
  ['capabilities', { without: ['--cap-drop'] }, /keeps the default/],
  ['no-new-privileges', { without: ['--security-opt'] }, /setuid/],
  ['seccomp', { with: ['--security-opt=seccomp=unconfined'] }, /filter of system calls is off/],
  ['masked-paths', { with: ['--security-opt=systempaths=unconfined'] }, /shows through/],
  ['read-only', { without: ['--read-only'] }, /overwritten/],
  ['tmpfs', { with: ['--tmpfs=/run:exec'] }, /\/run has no size; \/run is mounted exec/],
  ['mounts-read-only', { with: ['--volume=/opt:/opt'] }, /can write \/opt/],
  ['own-secrets', { with: ['--volume=SECRETS/vault:/run/secrets:ro'] }, /it sees .*\/vault$/],
  ['own-secrets', { with: ['--volume=SECRETS:/run/secrets:ro'] }, /it sees .*secrets$/],
  ['engine-socket', { with: ['--volume=/var/run/docker.sock:/x:ro'] }, /docker\.sock is in it/],
  ['engine-socket', { with: ['--volume=/run:/x:ro'] }, /\/run is in it/],
  ['host-folders', { with: ['--volume=/etc:/x:ro'] }, /\/etc of the host/],
  ['propagation', { with: ['--volume=SECRETS:/x:ro,rshared'] }, /appears on the host/],
  ['own-network', { with: ['--network=host'] }, /host's network/],
  ['own-network', { with: ['--network=bridge'] }, /default bridge/],
  ['own-processes', { with: ['--pid=host'] }, /host's processes/],
  ['own-ipc', { with: ['--ipc=host'] }, /"host"/],
  ['own-names', { with: ['--uts=host'] }, /host name/],
  ['own-names', { with: ['--userns=host'] }, /users/],
  ['own-cgroup', { with: ['--cgroup-parent=/elsewhere'] }, /elsewhere/],
  ['no-devices', { with: ['--device=/dev/null:/dev/x'] }, /devices/],
  ['memory', { without: ['--memory'] }, /all memory/],
  ['cpu', { without: ['--cpus'] }, /every core/],
  ['pids', { without: ['--pids-limit'] }, /without end/],
  ['core-dumps', { without: ['--ulimit'] }, /may be dumped/],
  ['logs', { without: ['--log-opt=max-size'] }, /grows without end/],
  ['init', { without: ['--init'] }, /pile up/],
  ['health', { without: ['--health'] }, /nothing looks/],
  ['health', { without: ['--health-start'] }, /no start period/],
  ['restart', { without: ['--restart'] }, /"no"/],
  ['published-ports', { with: ['--publish=127.0.0.1:39451:8443'] }, /listens on 127\.0\.0\.1:39451/],
  ['published-ports', { with: ['--publish-all'] }, /whatever its image exposes/],
  ['low-ports', { with: ['--publish=127.0.0.1:39451:80'] }, /port 80\/tcp/],
  ['internal-networks', { with: ['--network=bridge'] }, /bridge has a way out/],
  ['no-secret-values', { with: ['--env=GREETING=SECRET'] }, /value of vault\/seal-key/],
  ['no-secret-values', { with: ['--label=x=SECRET'] }, /value of vault\/seal-key/],
  ['no-secret-values', { command: ['sleep', 'SECRET'] }, /value of vault\/seal-key/],
  ['no-secret-values', { with: ['--env=DB_PASSWORD=anything'] }, /DB_PASSWORD holds a secret/],
  ['no-secret-values', { with: ['--env=DB=postgres://me:secret@there/x'] }, /DB holds a secret/],
];

describe.skipIf(version === '')(`the audit of running containers${skipped}`, () => {
  const settings = () =>
    ({
      COMPOSE_PROJECT_NAME: 'origin-audit',
      ORIGIN_TAG_BASE: version,
      ORIGIN_SECRETS: join(root, 'secrets'),
      ORIGIN_BIND: '127.0.0.1',
    }) as Partial<BundleSettings> as BundleSettings;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'origin-stack-audit-'));
    await mkdir(join(root, 'secrets', 'vault'), { recursive: true });
    await writeFile(join(root, 'secrets', 'vault', 'seal-key'), SECRET);
    await mustDocker(['network', 'create', '--internal', network]);
  });
  afterAll(async () => {
    await removeAll(network);
    await rm(root, { recursive: true, force: true });
  });

  async function gapsOf(container: Inspected, given = settings()): Promise<Record<string, string>> {
    const context = await readContext(locateBundle(root), given, [container]);
    const gaps = judge(container, context).filter(({ result }) => result === 'gap');
    return Object.fromEntries(gaps.map(({ check, faults }) => [check, faults.join('; ')]));
  }

  const made = (how: Sabotage) => {
    const fill = (flag: string) => flag.replace('SECRETS', join(root, 'secrets')).replace(/SECRET$/, SECRET);
    const filled = {
      ...how,
      with: how.with?.map(fill) ?? [],
      ...(how.command ? { command: how.command.map(fill) } : {}),
    };
    return sabotaged(`${BASE}:${version}`, network, filled);
  };

  it('finds no gap in a container that is hardened as compose.yml says, at rest and running', async () => {
    expect(await gapsOf(await made({}))).toEqual({});
    expect(await gapsOf(await made({ start: true }))).toEqual({});
  });

  /** Made together: one look at the engine serves them all. */
  const verdicts = new Map<Sabotage, Verdict[]>();
  beforeAll(async () => {
    const containers = await Promise.all(SABOTAGE.map(([, how]) => made(how)));
    const context = await readContext(locateBundle(root), settings(), containers);
    for (const [at, [, how]] of SABOTAGE.entries()) verdicts.set(how, judge(containers[at]!, context));
  }, 120_000);

  it.each(SABOTAGE)('%s finds %j', (check, how, fault) => {
    const verdict = verdicts.get(how)?.find((one) => one.check === check);
    expect(verdict?.result).toBe('gap');
    expect(verdict?.faults.join('; ')).toMatch(fault);
  });

  it('processes finds one that somebody runs as root, and a server that lets people log in', async () => {
    const container = await made({ start: true });
    const exec = ['exec', '--detach'];
    await mustDocker([...exec, '--user=0', container.Name.slice(1), 'sleep', '599']);
    await mustDocker([
      ...exec,
      container.Name.slice(1),
      'sh',
      '-c',
      'printf sshd >/proc/self/comm; while sleep 1; do :; done',
    ]);
    const { processes } = await gapsOf(container);
    expect(processes).toContain('sleep runs as uid 0');
    expect(processes).toContain('sshd runs in it');
  });

  it('image finds another tag, another origin, and a tag that moved on', async () => {
    const container = await made({});
    const foreign = { ...settings(), ORIGIN_TAG_BASE: '9.9.9' };
    expect((await gapsOf(container, foreign)).image).toMatch(/none of the images that the settings name/);
    const context = await readContext(locateBundle(root), settings(), [container]);
    const moved = { ...context, imageIds: new Map([[`${BASE}:${version}`, 'sha256:another']]) };
    expect(judge(container, moved).find(({ check }) => check === 'image')).toMatchObject({ result: 'gap' });
  });

  it('lets an exception cover its own fault only, and shows the reason', async () => {
    const container = await made({
      without: ['--restart'],
      with: ['--label=com.docker.compose.service=migrate'],
    });
    const context = await readContext(locateBundle(root), settings(), [container]);
    const restart = judge(container, context).find(({ check }) => check === 'restart');
    expect(restart).toMatchObject({
      result: 'excepted',
      reasons: [expect.stringContaining('one piece of work')],
    });
    expect(judge(container, context, []).find(({ check }) => check === 'restart')?.result).toBe('gap');
  });

  it('finds drift: other settings, a stranger, a container that does not run, one that is missing', async () => {
    const label = (service: string, hash: string) => [
      `--label=com.docker.compose.service=${service}`,
      `--label=com.docker.compose.config-hash=${hash}`,
    ];
    const known = (service: string) => [`--network=${network}`, `--network-alias=${service}`];
    const containers = [
      await made({ start: true, with: [...label('api-a', 'aa'), ...known('api-a')] }),
      await made({ start: true, with: label('api-b', 'old') }),
      await made({ with: [...label('worker', 'cc'), ...known('worker')] }),
      await made({ start: true, with: label('miner', 'dd') }),
    ];
    const hashes = new Map(Object.entries({ 'api-a': 'aa', 'api-b': 'bb', worker: 'cc', vault: 'dd' }));
    const asMade = {
      networks: { own: null },
      mem_limit: String(32 * 2 ** 20),
      cpus: 0.5,
      pids_limit: 20,
      restart: 'unless-stopped',
    };
    const services = { 'api-a': asMade, 'api-b': asMade, worker: asMade };
    const declared = { hashes, services, networks: { own: { name: network } } };
    const drift = compareContainers(declared, containers).map(
      ({ subject, difference }) => `${subject}: ${difference}`,
    );
    expect(drift).toEqual([
      'vault: it is declared and has no container',
      'api-b: it was made with other settings than are declared now',
      'worker: it is created, not running',
      expect.stringMatching(/^miner: no such service is declared/),
    ]);
  });
});

describe('the rules of the audit', () => {
  it('have names of their own, and every one is broken by a test', () => {
    const names = auditChecks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    // Broken by tests of their own, above and in engineFacts.test.ts.
    const elsewhere = ['processes', 'apparmor', 'selinux', 'no-swarm', 'image'];
    expect(names.filter((name) => !SABOTAGE.some(([check]) => check === name))).toEqual(elsewhere);
  });

  it('have exceptions for checks that exist, each with a reason', () => {
    for (const { check, reason } of auditExceptions) {
      expect(auditChecks.map(({ name }) => name)).toContain(check);
      expect(reason.length).toBeGreaterThan(20);
    }
  });

  it('cover every item of the benchmark, or say why not', () => {
    expect(cisItems.map(({ id }) => id)).toEqual(Array.from({ length: 32 }, (_, index) => `5.${index + 1}`));
    for (const { checks, reason } of cisItems) expect(checks.length > 0 || reason !== undefined).toBe(true);
  });
});
