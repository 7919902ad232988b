import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Audit } from '../../audit/auditBundle.ts';
import { runTool } from '../../engine/runTool.ts';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { makeAuthority } from '../certificates.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { openProbe } from '../test/openProbe.ts';
import { runStack } from '../test/stack.ts';
import { testClient } from '../test/testClient.ts';
import { freeSubnet, removeProject, removeTestProjects } from '../test/testProject.ts';
import { bundleIn } from '../test/theBundle.ts';
import { type CompanyProxy, startCompanyProxy } from './companyProxy.ts';
import { type Outside, startOutside, vaultConfigOfOthers } from './outside.ts';

const PROJECT = 'origin-external-test';
const FAR_NETWORK = `${PROJECT}_far`;
const [VAULT_PORT, STORAGE_PORT] = [8200, 9000];
/** Three scrapes on a busy host. */
const SCRAPED = { deadlineMs: 90_000, pollMs: 1_000 };
let root: string;
let dir: BundleDir;
let subnet: string;
let far: string;
let proxy: CompanyProxy;
const stack = (...args: string[]) => runStack([...args, '--state-dir', dir.root]);
const secret = async (path: string) => (await readFile(join(dir.secrets, path), 'utf8')).trim();
const address = (last: number) => `${subnet}.${last}`;
const farAddress = (last: number) => `${far}.${last}`;
/** Above what the engine gives first. */
const [DATABASE, REDIS, VAULT, STORAGE] = [186, 187, 188, 189];

beforeAll(async () => {
  await removeTestProjects();
  root = await mkdtemp(join(tmpdir(), 'origin-stack-external-'));
  dir = locateBundle(join(root, 'bundle'));
  subnet = await freeSubnet();
  const ports = ['--url', `https://localhost:${await freePort()}`, '--http-port', String(await freePort())];
  const init = await stack('init', '--project', PROJECT, '--subnet', subnet, ...ports);
  expect(init.code, init.stderr).toBe(0);
  // Makes the network with the way out, and starts nothing.
  await mustDocker(composeArgv(dir, 'create', 'alertmanager'));
  await openFarNetwork();
  const up = await stack('up', ...(await startEverythingOutside()));
  expect(up.code, up.stderr).toBe(0);
  expect(up.stdout).toContain('Self-check: ');
});

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await removeProject(PROJECT);
  await rm(root, { recursive: true, force: true });
});

/** The engine lets no network reach another: whoever is in this one is reached through the proxy, or not at all. */
async function openFarNetwork(): Promise<void> {
  far = await freeSubnet();
  const label = `com.docker.compose.project=${PROJECT}`;
  await mustDocker(['network', 'create', '--label', label, '--subnet', `${far}.0/24`, FAR_NETWORK]);
  const id = await mustDocker(['network', 'inspect', '--format', '{{.Id}}', `${PROJECT}_egress`]);
  // Node's own list leaves out what is not up yet.
  const { output } = await runTool('ip', ['-json', '-4', 'address', 'show', 'dev', `br-${id.slice(0, 12)}`]);
  const [bridge] = JSON.parse(output) as { addr_info: { local: string }[] }[];
  const ofTheHost = bridge?.addr_info[0]?.local ?? '';
  proxy = await startCompanyProxy(root, { address: ofTheHost, ports: [VAULT_PORT, STORAGE_PORT] });
}

/** The services, and the flags that name them. */
async function startEverythingOutside(): Promise<string[]> {
  const outside: Outside = {
    project: PROJECT,
    network: `${PROJECT}_egress`,
    root: join(root, 'outside'),
    authority: await makeAuthority('somebody else', 2),
  };
  const passwords = Object.fromEntries(
    await Promise.all(
      ['owner', 'api', 'worker', 'exporter'].map(async (role) => [
        `${role}-password`,
        await secret(`postgres/${role}-password`),
      ]),
    ),
  );
  await startOutside(outside, 'postgres', {
    image: 'postgres',
    uid: 10070,
    address: address(DATABASE),
    files: {
      ...passwords,
      'pg_hba.conf': 'local all postgres peer\nhostssl all all all scram-sha-256\n',
    },
    data: '/var/lib/postgresql/data',
    tmpfs: '/run/postgresql:uid=10070,gid=10070,mode=0770',
    command: ['start-postgres', '-c', 'ssl_ca_file=', '-c', 'hba_file=/run/secrets/pg_hba.conf'],
  });
  await startOutside(outside, 'redis', {
    image: 'redis',
    uid: 10071,
    address: address(REDIS),
    files: { 'users.acl': await secret('redis/users.acl') },
    data: '/data',
    command: ['redis-server', '/etc/redis/redis.conf', '--tls-auth-clients', 'no'],
  });
  const secretIds = ['api', 'worker', 'tools', 'operator'].map(async (client) => [
    `${client}-secret-id`,
    await secret(`vault/${client}-secret-id`),
  ]);
  const beyondTheProxy = { ...outside, network: FAR_NETWORK };
  await startOutside(beyondTheProxy, 'vault', {
    image: 'vault',
    uid: 10073,
    address: farAddress(VAULT),
    files: {
      ...Object.fromEntries(await Promise.all(secretIds)),
      'seal-key': await readFile(join(dir.secrets, 'vault/seal-key')),
      'vault.hcl': await vaultConfigOfOthers(),
    },
    data: '/vault/data',
    command: ['bao', 'server', '-config=/run/secrets/vault.hcl'],
  });
  const storageKey = { 's3-access-key': 'elsewhere', 's3-secret-key': 'a-key-of-somebody-else' };
  await startOutside(beyondTheProxy, 'storage', {
    image: 'versitygw',
    uid: 10072,
    address: farAddress(STORAGE),
    files: storageKey,
    data: '/data',
    command: [
      'sh',
      '-c',
      'ROOT_ACCESS_KEY_ID=$(cat /run/secrets/s3-access-key) ROOT_SECRET_ACCESS_KEY=$(cat /run/secrets/s3-secret-key) exec versitygw --port :9000 --cert /run/secrets/tls.crt --key /run/secrets/tls.key --quiet posix /data',
    ],
  });
  const database = (role: string) =>
    `postgres://origin_${role}:${passwords[`${role}-password`]}@${address(DATABASE)}:5432/origin`;
  const redis = async (user: string) =>
    `rediss://${user}:${await secret(`${user}/redis-password`)}@${address(REDIS)}:6379`;
  const brought: Record<string, string> = {
    'external-ca.crt': outside.authority.certificate,
    'owner-database-url': database('owner'),
    'api-database-url': database('api'),
    'worker-database-url': database('worker'),
    'exporter-database-password': passwords['exporter-password'],
    'api-redis-url': await redis('api'),
    'worker-redis-url': await redis('worker'),
    'tools-redis-url': await redis('tools'),
    'exporter-redis-passwords.json': JSON.stringify({
      [`rediss://exporter@${address(REDIS)}:6379`]: await secret('redis-exporter/redis-password'),
    }),
    'api-vault-secret-id': await secret('vault/api-secret-id'),
    'worker-vault-secret-id': await secret('vault/worker-secret-id'),
    'tools-vault-secret-id': await secret('vault/tools-secret-id'),
    ...storageKey,
    'egress-proxy-url': proxy.url,
  };
  for (const [name, text] of Object.entries(brought)) await writeFile(join(root, name), text);
  const settings = {
    ORIGIN_DATABASE_ADDRESS: `${address(DATABASE)}:5432/origin`,
    ORIGIN_REDIS_ADDRESS: `${address(REDIS)}:6379`,
    ORIGIN_VAULT_ADDR: `https://${farAddress(VAULT)}:${VAULT_PORT}`,
    ORIGIN_VAULT_API_ROLE: 'origin-api',
    ORIGIN_VAULT_WORKER_ROLE: 'origin-worker',
    ORIGIN_VAULT_TOOLS_ROLE: 'origin-tools',
    ORIGIN_S3_ENDPOINT: `https://${farAddress(STORAGE)}:${STORAGE_PORT}`,
    ORIGIN_S3_REGION: 'us-east-1',
  };
  return [
    ...['postgres', 'redis', 'vault', 's3'].flatMap((part) => ['--overlay', `external-${part}`]),
    ...['--overlay', 'egress-proxy'],
    ...Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ...Object.keys(brought).flatMap((name) => ['--secret', `${name}=${join(root, name)}`]),
  ];
}

const inOutside = (name: string, ...command: string[]) =>
  mustDocker(['exec', `${PROJECT}-outside-${name}`, ...command]);

test('nothing of the bundle stands in for what is elsewhere', async () => {
  const services = (await listContainers(dir)).map(({ service }) => service);
  for (const service of ['postgres', 'redis', 'vault', 'minio', 's3-guard']) {
    expect(services).not.toContain(service);
  }
});

test('uploads, signatures and packs are in the services elsewhere', async () => {
  const count = 'select count(*) from uploads';
  const uploads = await inOutside('postgres', 'psql', '-U', 'postgres', '-d', 'origin', '-Atc', count);
  expect(Number(uploads)).toBeGreaterThan(0);
  expect(await inOutside('storage', 'find', '/data/origin-evidence', '-name', '*.zip')).not.toBe('');
  expect(await mustDocker(['logs', `${PROJECT}-outside-vault`])).toContain('transit/sign/origin-signing');
});

test('Vault, objects and webhooks go through the proxy', async () => {
  expect(proxy.log()).toContain(`CONNECT ${farAddress(VAULT)}:${VAULT_PORT}`);
  expect(proxy.log()).toContain(`CONNECT ${farAddress(STORAGE)}:${STORAGE_PORT}`);

  const client = await testClient(await bundleIn(dir.root));
  // A public address, which the proxy refuses: no packet leaves the host.
  const webhook = await client.createWebhook({ url: 'https://9.9.9.9/hook', events: ['evidence.ready'] });
  await client.testWebhook(webhook.id);
  await eventually(async () => {
    const [delivery] = (await client.listDeliveries(webhook.id)).items;
    expect(delivery?.last_error).toContain('proxy');
  }, SCRAPED);
  expect(proxy.log()).toContain('CONNECT 9.9.9.9:443');
  await client.deleteWebhook(webhook.id);
});

test('a secret that is brought again restarts its readers, and nobody else', async () => {
  const idsOf = async () =>
    Object.fromEntries((await listContainers(dir)).map(({ service, id }) => [service, id]));
  const before = await idsOf();
  const url = await secret('worker/worker-redis-url');
  // The same place, in other words.
  await writeFile(join(root, 'worker-redis-url'), `${url}/0`);
  const up = await stack('up', '--secret', `worker-redis-url=${join(root, 'worker-redis-url')}`);
  expect(up.code, up.stderr).toBe(0);
  const { worker, ...others } = await idsOf();
  const { worker: formerWorker, ...formerOthers } = before;
  expect(worker).not.toBe(formerWorker);
  expect(others).toEqual(formerOthers);
});

test('exporters see the services elsewhere, and Redis holds the jobs', async () => {
  const bundle = await bundleIn(dir.root);
  const tls = await bundle.identity('prometheus');
  await using probe = await openProbe(bundle, 'monitoring');
  const queries = ['pg_up', 'redis_up', 'redis_db_keys{db="db0"}'];
  await eventually(async () => {
    const answers = (await probe.run('askPrometheus', {
      tls,
      paths: queries.map((query) => `query?query=${encodeURIComponent(query)}`),
    })) as { result: { value: [number, string] }[] }[];
    const values = answers.map(({ result }) => Number(result[0]?.value[1]));
    expect(values).toEqual([1, 1, expect.any(Number)]);
    expect(values[2]).toBeGreaterThan(0);
  }, SCRAPED);
  // Nothing is missed that is not here.
  const [targets] = (await probe.run('askPrometheus', { tls, paths: ['targets?state=active'] })) as {
    activeTargets: { labels: { job: string }; health: string }[];
  }[];
  const jobs = targets?.activeTargets.map(({ labels }) => labels.job);
  expect(jobs).toContain('api');
  expect(jobs).not.toContain('vault');
  expect(jobs).not.toContain('minio');
});

test('commands, the audit and a second up work as with the own services', async () => {
  const tenant = await stack('tenant', 'create', 'acme');
  expect(tenant.code, tenant.stderr).toBe(0);
  const audit = JSON.parse((await stack('audit', '--json')).stdout) as Pick<Audit, 'verdicts' | 'drift'>;
  expect(audit.verdicts.filter(({ result }) => result === 'gap')).toEqual([]);
  // Whoever is elsewhere is nobody of the bundle's, and here shares its network.
  expect(audit.drift.filter(({ subject }) => !subject.includes('-outside-'))).toEqual([]);
  const again = await stack('up');
  expect(again.code, again.stderr).toBe(0);
});
