import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTool } from '../../engine/runTool.ts';
import { imageTag } from '../../images/imageList.ts';
import { CHECKOUT } from '../bundleDir.ts';
import { docker, mustDocker } from '../compose.ts';
import { SBOM_FILE } from './layout.ts';
import { folderName } from './writeBundle.ts';

const NAMESPACE = 'origin-offline';
/** The host's end of a cable whose other end is all that the namespace has. */
const HOST_ADDRESS = '10.213.77.1';
const PROJECT = 'origin-offline-test';
/** Not started by default, so no container of another bundle holds it. */
const SPARE_IMAGE = imageTag('versitygw', productVersion);

let dir: string;
let checkout: string;
let archive: string;

type Ended = { code: number; stdout: string; stderr: string };
const run = (command: string, args: string[], cwd: string) =>
  new Promise<Ended>((resolve) => {
    // As on a host that has neither Node nor npm of its own first on its PATH.
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: dir, LC_ALL: 'C' };
    execFile(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
const must = async (command: string, ...args: string[]) => {
  const { code, output } = await runTool(command, args);
  expect(code, `${command} ${args.join(' ')}: ${output}`).toBe(0);
};
const stackOffline = (...args: string[]) =>
  run(
    'ip',
    ['netns', 'exec', NAMESPACE, join(checkout, 'stack'), ...args, '--state-dir', join(dir, 'state')],
    checkout,
  );

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-offline-'));
  archive = join(dir, 'o.tar');
  checkout = join(dir, folderName);
  await must(process.execPath, join(CHECKOUT, 'scripts/main.ts'), 'bundle', '--out', archive);
  await must('tar', '-xf', archive, '-C', dir);
  await runTool('ip', ['netns', 'delete', NAMESPACE]);
  await must('ip', 'netns', 'add', NAMESPACE);
  await must(
    'ip',
    'link',
    'add',
    'origin-off-a',
    'type',
    'veth',
    'peer',
    'name',
    'origin-off-b',
    'netns',
    NAMESPACE,
  );
  await must('ip', 'address', 'add', `${HOST_ADDRESS}/30`, 'dev', 'origin-off-a');
  await must('ip', 'link', 'set', 'origin-off-a', 'up');
  const inside = ['netns', 'exec', NAMESPACE];
  await must('ip', ...inside, 'ip', 'address', 'add', '10.213.77.2/30', 'dev', 'origin-off-b');
  await must('ip', ...inside, 'ip', 'link', 'set', 'origin-off-b', 'up');
  await must('ip', ...inside, 'ip', 'link', 'set', 'lo', 'up');
  // It looks whether the host's ports are free from where it stands, which here is another host.
  await must('ip', ...inside, 'sysctl', '-q', '-w', 'net.ipv4.ip_nonlocal_bind=1');
});

afterAll(async () => {
  await stackOffline('uninstall', '--yes', '--data', '--secrets');
  await runTool('ip', ['netns', 'delete', NAMESPACE]);
  await runTool('ip', ['link', 'delete', 'origin-off-a']);
  await rm(dir, { recursive: true, force: true });
});

it('installs on a host that has no way out, from the archive alone', async () => {
  const routes = await run('ip', ['netns', 'exec', NAMESPACE, 'ip', 'route'], dir);
  expect(routes.stdout).not.toContain('default');
  await docker(['image', 'rm', SPARE_IMAGE]);
  expect((await docker(['image', 'inspect', SPARE_IMAGE])).code).not.toBe(0);
  const since = new Date().toISOString();

  const where = ['--project', PROJECT, '--subnet', '10.213.238', '--bind', HOST_ADDRESS];
  const names = ['--url', 'https://origin.internal:9477', '--http-port', '9476'];
  const up = await stackOffline('up', '--bundle', archive, ...where, ...names);
  expect(up.code, up.stderr).toBe(0);
  expect(up.stdout).toContain('Self-check: ');
  expect(up.stderr).toContain('loading the images');
  expect(up.stderr).not.toMatch(/npm ci|image \w+ \(/);
  await mustDocker(['image', 'inspect', SPARE_IMAGE]);

  // As at the next boot: what was loaded is known as built from this checkout.
  const again = await stackOffline('up');
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).not.toMatch(/image \w+ \(/);

  const until = new Date().toISOString();
  const events = [
    'events',
    '--since',
    since,
    '--until',
    until,
    '--filter',
    'event=pull',
    '--format',
    '{{json .}}',
  ];
  expect(await mustDocker(events)).toBe('');
});

it('lists packages, modules and versions of every image', async () => {
  const sbom = JSON.parse(await readFile(join(checkout, SBOM_FILE), 'utf8'));
  const inside = (image: string): { purl: string }[] =>
    sbom.components.find(({ name }: { name: string }) => name === `origin-stack/${image}`).components;
  const purls = (image: string) =>
    inside(image)
      .map(({ purl }) => purl)
      .join('\n');
  expect(purls('postgres')).toMatch(/^pkg:deb\/debian\/postgresql-17@17\./m);
  expect(purls('app')).toMatch(/^pkg:npm\/express@5\./m);
  expect(purls('minio')).toMatch(/^pkg:golang\/github\.com\/minio\/minio@v0\.0\.0-2026/m);
  expect(purls('vault')).toMatch(/^pkg:golang\/github\.com\/openbao\/openbao/m);
});

it('refuses a damaged archive before anything is changed', async () => {
  const file = await open(archive, 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(4096, 0x5a), 0, 4096, Math.floor(size / 2));
  await file.close();
  const up = await stackOffline('up', '--bundle', archive);
  expect(up).toMatchObject({ code: 3, stderr: expect.stringContaining('the bundle is damaged') });
});
