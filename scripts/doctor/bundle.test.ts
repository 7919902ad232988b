import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serviceOf } from '../audit/inspected.ts';
import { locateBundle } from '../bundle/bundleDir.ts';
import { selfSigned } from '../bundle/certificates.ts';
import { composeArgv, docker, mustDocker } from '../bundle/compose.ts';
import { writeSecret } from '../bundle/secretFiles.ts';
import { redisIssues } from './checks/redisSettings.ts';
import type { DoctorContext } from './doctorCheck.ts';
import { examine } from './examine.ts';
import { openContext } from './openContext.ts';
import { doctorChecks } from './registry.ts';
import { issuesOf } from './test/contextOf.ts';

const root = process.env.ORIGIN_TEST_BUNDLE;
const skipped = root ? '' : ' (skipped: needs a running bundle, named by ORIGIN_TEST_BUNDLE=DIR)';
const dir = locateBundle(root ?? '/nowhere');
/** What a test breaks is mended at its end, whatever it found. */
let undo: (() => Promise<unknown>)[] = [];

const context = () => openContext(dir, new AbortController().signal);
const whatOf = async (name: string, given?: DoctorContext) =>
  (await issuesOf(name, given ?? (await context()))).map(({ what }) => what);
const compose = (...args: string[]) => mustDocker(composeArgv(dir, ...args));
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
    undo.push(() => docker(['rm', '--force', name]));
    await mustDocker([
      'run',
      '--detach',
      '--name',
      name,
      '--network',
      network,
      '--entrypoint',
      'sleep',
      image,
      '600',
    ]);
    const stranger = (await issuesOf('drift', await context())).find(({ what }) => what.startsWith(name));
    expect(stranger?.fix).toBe(`docker network disconnect ${network} ${name}`);
    await mustDocker(stranger!.fix.split(' ').slice(1));
    expect((await whatOf('drift')).filter((what) => what.startsWith(name))).toEqual([]);
  });

  it('served-certificate finds a new file that nginx has not read, and --fix has it read', async () => {
    const { settings } = await context();
    const files = ['public.key', 'public.crt'] as const;
    const put = (file: (typeof files)[number], content: string | Buffer) =>
      writeSecret({ root: dir.secrets, operatorUid: 0 }, { folder: 'nginx', file, content });
    for (const file of files) {
      const old = await readFile(join(dir.secrets, 'nginx', file));
      undo.unshift(() => put(file, old));
    }
    const fresh = await selfSigned(settings?.ORIGIN_PUBLIC_NAME ?? '', 30);
    await put('public.key', fresh.key);
    await put('public.crt', fresh.certificate);
    expect(await whatOf('served-certificate')).toEqual([expect.stringMatching(/serves another certificate/)]);
    await issuesOf('served-certificate', await context()).then(([issue]) => issue?.mend?.());
    const isServed = async () => (await whatOf('served-certificate')).length === 0;
    await eventually(isServed, { deadlineMs: 10_000, pollMs: 200 });
    undo.unshift(() =>
      compose('exec', '-T', 'nginx', 'nginx', '-c', '/etc/origin/nginx.conf', '-s', 'reload'),
    );
  });

  it('vault-sealed finds a Vault that is away, and --fix starts it again', async () => {
    undo.push(() => compose('start', 'vault'));
    await compose('stop', 'vault');
    expect(await whatOf('vault-sealed')).toEqual(['Vault does not answer']);
    const [issue] = await issuesOf('vault-sealed', await context());
    await issue?.mend?.();
    await eventually(async () => (await whatOf('vault-sealed')).length === 0, {
      deadlineMs: 60_000,
      pollMs: 500,
    });
  });

  it('pools finds pools that are larger than what PostgreSQL admits', async () => {
    expect(await whatOf('pools')).toEqual([]);
    const given = structuredClone({ containers: (await context()).containers });
    for (const { Config } of given.containers) Config.Env?.push('DATABASE_POOL_MAX=90');
    const larger = { ...(await context()), ...given };
    expect(await whatOf('pools', larger)).toEqual([
      expect.stringContaining('are 380; max_connections is 220'),
    ]);
  });

  it('postgres-settings finds one that loses acknowledged writes, and its fix takes that back', async () => {
    expect(await whatOf('postgres-settings')).toEqual([]);
    undo.push(async () => {
      await sql('alter system reset synchronous_commit');
      await sql('select pg_reload_conf()');
    });
    await sql("alter system set synchronous_commit = 'off'");
    await sql('select pg_reload_conf()');
    const isSeen = async () =>
      (await whatOf('postgres-settings')).join().includes('synchronous_commit = off, not on');
    await eventually(isSeen, { deadlineMs: 10_000, pollMs: 200 });
    await undo.pop()?.();
    await eventually(async () => (await whatOf('postgres-settings')).length === 0, {
      deadlineMs: 10_000,
      pollMs: 200,
    });
  });

  it('redis-settings reads what Redis really runs with', async () => {
    expect(await whatOf('redis-settings')).toEqual([]);
  });

  it('core-dumps, image-versions, data-volumes and client-address look at what runs', async () => {
    const given = await context();
    const dumping = { ...given, host: { ...given.host, read: async () => 'core' } };
    const closed = structuredClone(given.containers);
    for (const { HostConfig } of closed) HostConfig.Ulimits = [{ Name: 'core', Hard: 0, Soft: 0 }];
    expect(await whatOf('core-dumps', { ...dumping, containers: closed })).toEqual([]);
    for (const { HostConfig } of closed) HostConfig.Ulimits = null;
    expect((await whatOf('core-dumps', { ...dumping, containers: closed }))[0]).toMatch(
      /memory of .*vault.* may be dumped/,
    );

    const foreign = structuredClone(given.containers);
    for (const { Config } of foreign) Config.Labels!['org.origin-stack.inputs'] = 'another';
    expect((await whatOf('image-versions', { ...given, containers: foreign }))[0]).toMatch(/: .*vault/);

    const disk = async () => ({ freeBytes: 5e8, totalBytes: 1e11, freeInodes: 1, totalInodes: 1 });
    const full = { ...given, host: { ...given.host, disk } };
    expect((await whatOf('data-volumes', full)).join()).toMatch(/postgres-data has 500 MB of 100\.0 GB left/);
    expect(await whatOf('data-volumes')).toEqual([]);

    const bound = { ...given, settings: { ...given.settings!, ORIGIN_BIND: '::' } };
    expect((await whatOf('client-address', bound))[0]).toMatch(/no IPv6/);
    expect(await whatOf('client-address')).toEqual([]);
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
    'tls-auth-clients',
    'yes',
  ];
  expect(redisIssues(good)).toEqual([]);
  for (let at = 1; at < good.length; at += 2) {
    expect(redisIssues(good.with(at, 'other')).map(({ what }) => what)).toEqual([
      `Redis runs with ${good[at - 1]} = other, not ${good[at]}`,
    ]);
  }
  expect(redisIssues([])).toHaveLength(5);
});
