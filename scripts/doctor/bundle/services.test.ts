import { chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { GenericContainer } from 'testcontainers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { serviceOf } from '../../audit/inspected.ts';
import { docker, mustDocker } from '../../bundle/compose.ts';
import { redisCli } from '../../bundle/redisCli.ts';
import { openVaultProbe } from '../../bundle/test/openVaultProbe.ts';
import { freeSubnet } from '../../bundle/test/testProject.ts';
import { bundleIn } from '../../bundle/test/theBundle.ts';
import { runTool } from '../../engine/runTool.ts';
import { redisIssues } from '../checks/redisSettings.ts';
import { examine } from '../examine.ts';
import { realHost } from '../host.ts';
import { openContext } from '../openContext.ts';
import { doctorChecks } from '../registry.ts';
import { issuesOf } from '../test/contextOf.ts';
import { compose, context, dir, root, skipped, type, untilWell, whatOf } from '../test/liveBundle.ts';

/** What a test breaks is mended at its end, whatever it found. */
let undo: (() => Promise<unknown>)[] = [];

const LOOK = { deadlineMs: 30_000, pollMs: 200 };

/** A container of nobody, which sleeps; gives what removes it. */
async function startSleeper(image: string, on: { name: string; network: string; volume?: string }) {
  const mounts = on.volume ? [{ source: on.volume, target: '/held' }] : [];
  const container = await new GenericContainer(image)
    .withName(on.name)
    .withNetworkMode(on.network)
    .withBindMounts(mounts)
    .withEntrypoint(['sleep'])
    .withCommand(['600'])
    .start();
  return () => container.stop();
}

const sql = (text: string) =>
  compose('exec', '-T', 'postgres', 'psql', '-U', 'postgres', '-d', 'origin', '-Atc', text);

describe.skipIf(!root)(`the checks of a running bundle${skipped}`, () => {
  beforeAll(async () => {
    expect(await whatOf('containers')).toEqual([]);
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  });

  it('skip nothing', async () => {
    const findings = await examine(doctorChecks, await context());
    expect(findings.filter(({ result }) => result === 'skipped')).toEqual([]);
    // These read what the real engine and the real bundle say: what they could not read they would hold against it.
    const read = [
      'engine',
      'compose',
      'cgroups',
      'clock',
      'ports',
      'subnets',
      'secrets',
      'internal-certificates',
    ];
    const issues = findings.filter(({ check }) => read.includes(check)).flatMap((finding) => finding.issues);
    expect(issues).toEqual([]);
  });

  it('engine tells an engine that is away from one that this user may not ask', async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
    const away = await openContext(dir, new AbortController().signal);
    const [issue] = await issuesOf('engine', away);
    vi.unstubAllEnvs();
    expect(issue).toMatchObject({
      what: 'no Docker engine answers at DOCKER_HOST=unix:///nowhere/docker.sock',
      fix: 'unset DOCKER_HOST, or start the engine that it names',
    });
    const stranger = {
      ...realHost,
      run: (program: string, args: string[]) =>
        runTool('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', program, ...args], {
          env: { HOME: '/' },
        }),
    };
    const refused = await openContext(dir, new AbortController().signal, stranger);
    expect(await whatOf('engine', refused)).toEqual(['this user may not speak to the engine']);
    expect(await whatOf('engine')).toEqual([]);
  });

  it('subnets finds a network of the engine in the way, until it is gone or another subnet is named', async () => {
    const subnet = await freeSubnet();
    const name = `origin-doctor-network-${process.pid}`;
    undo.push(() => docker(['network', 'rm', name]));
    await mustDocker(['network', 'create', '--subnet', `${subnet}.64/27`, name]);
    const given = await context();
    const at = (prefix: string) => ({ ...given, settings: { ...given.settings!, ORIGIN_SUBNET: prefix } });
    expect(await whatOf('subnets', at(subnet))).toEqual([
      `${subnet}.0/24 overlaps with ${name} (${subnet}.64/27)`,
    ]);
    expect(await whatOf('subnets', at(await freeSubnet()))).toEqual([]);
    await mustDocker(['network', 'rm', name]);
    expect(await whatOf('subnets', at(subnet))).toEqual([]);
  });

  it('containers and drift find one that was stopped, until it runs and is healthy again', async () => {
    undo.push(() => compose('start', 'blackbox-exporter'));
    await compose('stop', 'blackbox-exporter');
    expect(await whatOf('containers')).toEqual([expect.stringMatching(/^blackbox-exporter is exited/)]);
    expect(await whatOf('drift')).toContain('blackbox-exporter: it is exited, not running');
    await compose('start', 'blackbox-exporter');
    const isWell = async () => (await whatOf('containers')).length === 0;
    await eventually(isWell, { deadlineMs: 60_000, pollMs: 500 });
  });

  it('drift finds other settings than those that it was made with', async () => {
    const before = await readFile(dir.envFile, 'utf8');
    undo.push(() => writeFile(dir.envFile, before));
    const clean = await whatOf('drift');
    await writeFile(dir.envFile, before.replace(/^ORIGIN_BIND=.*$/m, 'ORIGIN_BIND=127.0.0.9'));
    expect(await whatOf('drift')).toContain('nginx: it was made with other settings than are declared now');
    await writeFile(dir.envFile, before);
    expect(await whatOf('drift')).toEqual(clean);
  });

  it('drift finds a stranger on the networks, and the command that it names sends it away', async () => {
    const given = await context();
    const image = given.containers.find((one) => serviceOf(one) === 'redis')?.Config.Image ?? '';
    const network = `${given.settings?.COMPOSE_PROJECT_NAME}_data`;
    const name = `origin-doctor-stranger-${process.pid}`;
    undo.push(await startSleeper(image, { name, network }));
    const stranger = (await issuesOf('drift', await context())).find(({ what }) => what.startsWith(name));
    expect(stranger?.fix).toBe(`docker network disconnect ${network} ${name}`);
    await mustDocker(stranger!.fix.split(' ').slice(1));
    expect((await whatOf('drift')).filter((what) => what.startsWith(name))).toEqual([]);
  });

  it('vault-sealed finds a Vault that is away, and --fix starts it again', async () => {
    undo.push(() => compose('start', 'vault'));
    await compose('stop', 'vault');
    expect(await whatOf('vault-sealed')).toEqual(['Vault does not answer']);
    const [issue] = await issuesOf('vault-sealed', await context());
    await issue?.mend?.();
    await untilWell('vault-sealed');
  });

  it('vault-sealed finds a Vault that was sealed, and what it says to type opens it', async () => {
    undo.push(() => compose('restart', 'vault'));
    await using vault = await openVaultProbe(await bundleIn(dir.root));
    const token = await vault.login('operator');
    expect((await vault.call('operator', { method: 'POST', path: 'sys/seal', token })).status).toBe(204);
    const [issue] = await issuesOf('vault-sealed', await context());
    expect(issue?.what).toBe('Vault is sealed: nothing can be signed');
    await type(issue?.fix ?? '');
    await untilWell('vault-sealed');
    undo.pop();
  });

  it('pools finds pools that are larger than what PostgreSQL admits, until it admits more or they are smaller', async () => {
    expect(await whatOf('pools')).toEqual([]);
    undo.push(async () => {
      await sql('alter system reset max_connections');
      await compose('restart', 'postgres');
      await untilWell('containers');
    });
    await sql('alter system set max_connections = 210');
    await compose('restart', 'postgres');
    await untilWell('containers');
    expect(await whatOf('pools')).toEqual([expect.stringContaining('are 220; max_connections is 210')]);
    const given = structuredClone({ containers: (await context()).containers });
    for (const { Config } of given.containers) {
      const others = Config.Env?.filter((one) => !one.startsWith('DATABASE_POOL_MAX=')) ?? [];
      Config.Env = [...others, 'DATABASE_POOL_MAX=40'];
    }
    expect(await whatOf('pools', { ...(await context()), ...given })).toEqual([]);
    await undo.pop()?.();
    expect(await whatOf('pools')).toEqual([]);
  }, 240_000);

  it('postgres-settings finds one that loses acknowledged writes, and what it says to type takes that back', async () => {
    expect(await whatOf('postgres-settings')).toEqual([]);
    undo.push(async () => {
      await sql('alter system reset synchronous_commit');
      await sql('select pg_reload_conf()');
    });
    await sql("alter system set synchronous_commit = 'off'");
    await sql('select pg_reload_conf()');
    const issue = await eventually(async () => {
      const [found] = await issuesOf('postgres-settings', await context());
      expect(found?.what).toBe('PostgreSQL runs with synchronous_commit = off, not on');
      return found;
    }, LOOK);
    await type(issue?.fix ?? '');
    await untilWell('postgres-settings');
  });

  it('redis-settings finds one by which Redis may evict, and what it says to type takes that back', async () => {
    expect(await whatOf('redis-settings')).toEqual([]);
    undo.push(() => compose('restart', 'redis'));
    const set = `exec ${redisCli('operator').join(' ')} -e CONFIG SET maxmemory-policy allkeys-lru`;
    const asOperator = `REDISCLI_AUTH=$(cat /run/secrets/operator-password) ${set}`;
    await compose('exec', '-T', 'redis', 'sh', '-c', asOperator);
    const found = await issuesOf('redis-settings', await context());
    expect(found.map(({ what }) => what)).toEqual([
      'Redis runs with maxmemory-policy = allkeys-lru, not noeviction',
    ]);
    await type(found[0]?.fix ?? '');
    await untilWell('redis-settings');
    undo.pop();
    await untilWell('containers');
  });

  it('outbox finds work that nobody does though every container is well, and what it says to type has it done', async () => {
    expect(await whatOf('outbox')).toEqual([]);
    const worker = (await context()).containers.find((one) => serviceOf(one) === 'worker');
    undo.push(
      () => docker(['start', worker?.Id ?? '']),
      () => untilWell('containers'),
    );
    await compose('stop', 'worker');
    undo.push(() => sql("delete from outbox where correlation_id = 'doctor-test'"));
    await sql(
      `insert into outbox (id, tenant_id, name, payload, correlation_id, available_at, created_at)
       select gen_random_uuid(), id, 'evidence.build', jsonb_build_object('pack_id', gen_random_uuid()), 'doctor-test',
         now() - interval '31 seconds', now() from tenants limit 1`,
    );
    const [issue, ...others] = await issuesOf('outbox', await context());
    expect(others).toEqual([]);
    expect(issue?.what).toMatch(/^\d+ pieces of work wait, the oldest for \d{2,} s/);
    await type(issue?.fix ?? '');
    // Of a pack that is not there the worker tries the building again later: it is due no more.
    await untilWell('outbox');
  });

  it('redis-settings finds a Redis that refuses to write, and what it says to type takes that back', async () => {
    undo.push(() => compose('restart', 'redis'));
    const set = `exec ${redisCli('operator').join(' ')} -e CONFIG SET min-replicas-to-write 1`;
    const asOperator = `REDISCLI_AUTH=$(cat /run/secrets/operator-password) ${set}`;
    await compose('exec', '-T', 'redis', 'sh', '-c', asOperator);
    const found = await issuesOf('redis-settings', await context());
    expect(found.map(({ what }) => what)).toEqual(['Redis runs with min-replicas-to-write = 1, not 0']);
    await type(found[0]?.fix ?? '');
    await untilWell('redis-settings');
    undo.pop();
    await untilWell('containers');
  });

  it('installation finds that the containers are those of another, and names one of them', async () => {
    expect(await whatOf('installation')).toEqual([]);
    const given = await context();
    const other = { ...given, settings: { ...given.settings!, ORIGIN_INSTALLATION: 'another' } };
    const project = given.settings?.COMPOSE_PROJECT_NAME;
    const [issue, ...others] = await issuesOf('installation', other);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ severity: 'error', fix: expect.stringContaining('--project NAME') });
    expect(issue?.what).toMatch(
      new RegExp(`project ${project} belongs to another installation.* ${project}-\\S+ and \\d+ more`),
    );
  });

  it('data-volumes finds a volume whose own file system is full, until that is larger', async () => {
    const given = await context();
    const project = given.settings?.COMPOSE_PROJECT_NAME;
    const image = given.containers.find((one) => serviceOf(one) === 'redis')?.Config.Image ?? '';
    const name = `origin-doctor-small-${process.pid}`;
    undo.push(() => docker(['volume', 'rm', name]));
    const options = ['type=tmpfs', 'device=tmpfs', 'o=size=20m'].flatMap((option) => ['--opt', option]);
    const label = `com.docker.compose.project=${project}`;
    await mustDocker(['volume', 'create', '--label', label, ...options, name]);
    // The engine mounts it for who uses it.
    undo.push(await startSleeper(image, { name, network: 'none', volume: name }));
    const [issue, ...others] = await issuesOf('data-volumes', given);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ severity: 'error', what: `${name} has 21 MB of 21 MB left` });
    const [, mountpoint = ''] = /^make the file system of (\S+) larger$/.exec(issue?.fix ?? '') ?? [];
    await type(`mount -o remount,size=2g ${mountpoint}`);
    expect(await whatOf('data-volumes')).toEqual([]);
  });

  it('secrets-open finds the one secret that is another than what runs knows, and repeats none', async () => {
    expect(await whatOf('secrets-open')).toEqual([]);
    const given = await context();
    const put = async (path: string) => {
      const file = join(dir.secrets, path);
      const read = async (asked: string) =>
        asked === file ? 'of-another-installation' : await given.host.read(asked);
      return await issuesOf('secrets-open', { ...given, host: { ...given.host, read } });
    };
    // Of the object store the name of a key comes with it.
    for (const [path, service, named = [path]] of [
      ['postgres/api-password', 'postgres'],
      ['redis-exporter/redis-password', 'redis'],
      ['redis/operator-password', 'redis'],
      ['worker/vault-secret-id', 'vault'],
      ['minio/root-password', 'minio', ['minio/root-user', 'minio/root-password']],
    ] as const) {
      const issues = await put(path);
      expect(issues.map(({ what }) => what)).toEqual(
        named.map((one) => `${join(dir.secrets, one)} does not open ${service} as it runs`),
      );
      expect(JSON.stringify(issues)).not.toContain('of-another-installation');
    }
  });

  it('volume-owners finds data that root has put there, and what it says to type gives them back', async () => {
    expect(await whatOf('volume-owners')).toEqual([]);
    const given = await context();
    const alertmanager = given.containers.find((one) => serviceOf(one) === 'alertmanager');
    const path = alertmanager?.Mounts.find(({ Type }) => Type === 'volume')?.Source ?? '';
    const { uid, gid } = await stat(path);
    undo.push(() => chown(path, uid, gid));
    await chown(path, 0, 0);
    const [issue, ...others] = await issuesOf('volume-owners', given);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      severity: 'error',
      what: `the data of alertmanager belong to uid 0, and it runs as ${uid}: ${path}`,
    });
    await type(issue?.fix ?? '');
    expect(await stat(path)).toMatchObject({ uid, gid });
    expect(await whatOf('volume-owners')).toEqual([]);
  });

  it('data-volumes warns of the last tenth, and finds that every volume is gone', async () => {
    const given = await context();
    const disk = async () => ({ freeBytes: 5e9, totalBytes: 1e11, freeInodes: 1, totalInodes: 1 });
    const nearlyFull = await issuesOf('data-volumes', { ...given, host: { ...given.host, disk } });
    expect(nearlyFull.map(({ severity, what }) => `${severity} ${what}`).join()).toMatch(
      /warning \S+postgres-data has 5\.0 GB of 100\.0 GB left/,
    );
    const project = `origin-doctor-gone-${process.pid}`;
    const gone = { ...given, settings: { ...given.settings!, COMPOSE_PROJECT_NAME: project } };
    expect(await whatOf('data-volumes', gone)).toEqual(['the bundle has no volumes: its data is gone']);
    undo.push(() => docker(['volume', 'rm', `${project}_vault-data`]));
    await mustDocker(['volume', 'create', `${project}_vault-data`]);
    expect(await whatOf('data-volumes', gone)).toEqual(
      ['postgres-data', 'minio-data'].map((name) => `the volume ${project}_${name} is gone with its data`),
    );
  });
});

it('redis-settings finds each setting by which something could be lost', () => {
  const good = [
    'maxmemory-policy',
    'noeviction',
    'appendonly',
    'yes',
    'appendfsync',
    'everysec',
    'port',
    '0',
    'min-replicas-to-write',
    '0',
    'tls-auth-clients',
    'yes',
    'replicaof',
    '',
  ];
  expect(redisIssues(good.slice(0, -1), 'restart')).toEqual([]);
  expect(redisIssues(good, 'restart')).toEqual([]);
  for (let at = 1; at < good.length; at += 2) {
    expect(redisIssues(good.with(at, 'other'), 'restart').map(({ what }) => what)).toEqual([
      `Redis runs with ${good[at - 1]} = other, not ${good[at] || 'nothing'}`,
    ]);
  }
  expect(redisIssues([], 'restart')).toHaveLength(7);
});
