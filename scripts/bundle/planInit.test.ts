import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { locateBundle } from './bundleDir.ts';
import { issue, makeAuthority } from './certificates.ts';
import { initBundle } from './initBundle.ts';
import type { InitChoices } from './initChoices.ts';
import { planInit } from './planInit.ts';
import { treeOf } from './test/snapshot.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-plan-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

const init = (choices: InitChoices = {}) => initBundle(locateBundle(root), choices);

/** The files that are planned, by their paths below secrets/, and the other steps; nothing is changed by it. */
async function plan(choices: InitChoices = {}, canLook = true) {
  const before = await treeOf(root);
  const planned = await planInit(locateBundle(root), choices, { canLook });
  expect(await treeOf(root)).toEqual(before);
  const files = planned.steps.flatMap(({ folder, files: names }) =>
    Array.isArray(names) ? names.map((name) => `${folder}/${name}`) : [],
  );
  const others = planned.steps.filter((step) => !Array.isArray(step.files)).map(({ action }) => action);
  return { ...planned, files: files.sort(), others };
}

const IDENTITY = 'ORIGIN_INSTALLATION=…';

/** Which files below secrets/ are others than before, and what was done. */
async function changedBy(work: () => Promise<unknown>): Promise<string[]> {
  const files = async () => new Set(await treeOf(join(root, 'secrets')));
  const before = await files();
  await work();
  const changed = [...(await files()).difference(before)].map((line) => line.split(' ')[0] ?? '');
  return changed.filter((path) => path.includes('/')).sort();
}

test('plans every file and every setting of a first init, and init makes these', async () => {
  const { files, others, settings } = await plan({ url: 'https://origin.example' });
  expect(others).toContain('set ORIGIN_PUBLIC_URL=https://origin.example');
  expect(others.pop()).toBe(`make ${root}/textfile, which holds metrics`);
  expect(await changedBy(() => init({ url: 'https://origin.example' }))).toEqual(files);
  const text = await readFile(join(root, 'compose.env'), 'utf8');
  // A plan names no random value.
  const planned = others.map((action) =>
    action.replace(/^set /, '').replace(/^give .* identity .*/, IDENTITY),
  );
  const written = text.replace(/^ORIGIN_INSTALLATION=[0-9a-f]{16}$/m, IDENTITY);
  expect(written.split('\n').slice(1, -1)).toEqual(planned);
  expect((await init()).settings).toEqual(settings);
  expect((await plan()).steps).toEqual([]);
});

test('plans only what differs: a name, its certificate, a secret that went away, a setting that an overlay brought', async () => {
  await init({ url: 'https://origin.example', overlays: ['versitygw'] });
  rmSync(join(root, 'secrets', 'minio', 'root-password'));
  const choices = { url: 'https://other.example', trustedProxies: '192.0.2.0/24', overlays: ['none'] };
  const { files, others } = await plan(choices);
  expect(files).toEqual([
    'api/minio-secret-key',
    'minio/root-password',
    'nginx/public.crt',
    'nginx/public.key',
    'nginx/site.conf',
    'operator/public.crt',
    'worker/minio-secret-key',
  ]);
  expect(others).toEqual([
    expect.stringMatching(/^make the self-signed public certificate anew: it names DNS:origin\.example;/),
    'change ORIGIN_PUBLIC_URL from https://origin.example to https://other.example',
    'change ORIGIN_PUBLIC_NAME from origin.example to other.example',
    'change ORIGIN_OVERLAYS from versitygw to ',
    'change ORIGIN_TRUSTED_PROXIES from  to 192.0.2.0/24',
    'set ORIGIN_PLAIN=yes',
    expect.stringMatching(/^take the setting ORIGIN_TAG_VERSITYGW away/),
  ]);
  expect(await changedBy(() => init(choices))).toEqual(files);
  expect((await plan()).steps).toEqual([]);
});

test('plans the lists of a service key that is made anew', async () => {
  await init();
  rmSync(join(root, 'secrets', 'cron', 'service-key'));
  const { files } = await plan();
  expect(files).toEqual(['api/service-keys.json', 'cron/service-key', 'worker/service-keys.json']);
  expect(await changedBy(() => init())).toEqual(files);
  expect((await plan()).steps).toEqual([]);
});

test('plans a certificate that is brought once, and tells whose secret of an overlay will be newer', async () => {
  const authority = await makeAuthority('test', 2);
  const pair = await issue(authority, { commonName: 'localhost', names: ['localhost'], days: 1 });
  const [cert, key] = [join(root, 'cert.pem'), join(root, 'key.pem')];
  writeFileSync(cert, pair.certificate);
  writeFileSync(key, pair.key);
  await init();
  const { files } = await plan({ cert, key });
  expect(files).toEqual(['nginx/public.crt', 'nginx/public.key', 'operator/public.crt']);
  expect(await changedBy(() => init({ cert, key }))).toEqual(files);
  expect((await plan({ cert, key })).steps).toEqual([]);
  expect(await changedBy(() => init({ cert, key }))).toEqual([]);

  const brought = join(root, 'brought');
  writeFileSync(brought, 'a-secret\n');
  const names = ['api-redis-url', 'worker-redis-url', 'tools-redis-url', 'exporter-redis-passwords.json'];
  const choices = {
    overlays: ['external-redis'],
    overlaySettings: ['ORIGIN_REDIS_ADDRESS=redis.example:6379'],
    overlaySecrets: [...names, 'external-ca.crt'].map((name) => `${name}=${brought}`),
  };
  await init(choices);
  writeFileSync(brought, 'another');
  const { writtenAt } = await init();
  const other = await plan({ overlaySecrets: [`worker-redis-url=${brought}`] });
  expect(other.files).toEqual(['worker/worker-redis-url']);
  const { worker = 0, ...others } = other.writtenAt;
  expect(worker).toBeGreaterThan(writtenAt.worker ?? 0);
  expect({ worker: writtenAt.worker, ...others }).toEqual(writtenAt);
});

test('plans a new self-signed certificate where the one that was made is soon over', async () => {
  await init();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 340 * 86_400_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { files, others } = await plan();
  expect(files).toEqual(['nginx/public.crt', 'nginx/public.key', 'operator/public.crt']);
  expect(others).toEqual([
    expect.stringMatching(/^make the self-signed public certificate anew: it ends on/),
  ]);
  expect(await changedBy(init)).toEqual(files);
  expect((await plan()).steps).toEqual([]);
});

test('refuses what init refuses, in its words', async () => {
  await init();
  await chmod(join(root, 'secrets', 'vault', 'seal-key'), 0o444);
  const refused = await init().catch((error) => error);
  expect(refused.why).toContain('chmod 400');
  await expect(plan()).rejects.toEqual(refused);
  await expect(plan({ subnet: '8.8.8' })).rejects.toMatchObject({ exitCode: 2 });
  await expect(plan({ cert: '/nowhere' })).rejects.toMatchObject({ exitCode: 2 });
});

test('says what it cannot see where nobody may look for this user yet', async () => {
  expect((await plan({}, false)).files.length).toBeGreaterThan(60);
  await init();
  const { others } = await plan({}, false);
  expect(others).toEqual([expect.stringContaining(`make what is missing in ${root}/secrets`)]);
});

test.each([{ command: ['images'] }, { command: ['bundle'] }, { command: ['up', '--compose'] }])(
  'without an engine a dry run is refused as a run is: $command',
  ({ command }) => {
    const own = command[0] === 'up' ? ['--state-dir', join(root, 'new')] : [];
    const type = (...args: string[]) => {
      const env = { ...process.env, DOCKER_HOST: `unix://${root}/nothing.sock` };
      const argv = ['scripts/main.ts', ...command, ...own, ...args];
      const { status, stdout, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
      return { status, stdout, stderr };
    };
    const run = type();
    expect(run).toMatchObject({ status: 3, stderr: expect.stringContaining('unset DOCKER_HOST') });
    expect(type('--dry-run')).toEqual(run);
  },
  60_000,
);
