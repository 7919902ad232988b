import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTool } from '../../engine/runTool.ts';
import { imageReference } from '../../images/hashInputs.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { docker, mustDocker } from '../compose.ts';
import { type Namespace, openNamespace } from '../test/openNamespace.ts';
import { removeTestProjects } from '../test/testProject.ts';
import { SBOM_FILE } from './layout.ts';
import { folderName } from './writeBundle.ts';

const PROJECT = 'origin-offline-test';
/** Not started by default, so no container of another bundle holds it. */
const SPARE_IMAGE = await imageReference('versitygw');

let dir: string;
let checkout: string;
let archive: string;
let namespace: Namespace;

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
const runInside = (argv: string[], cwd: string) => {
  const [command = '', ...enter] = namespace.enter;
  return run(command, [...enter, ...argv], cwd);
};
const stackOffline = (...args: string[]) =>
  runInside([join(checkout, 'stack'), ...args, '--state-dir', join(dir, 'state')], checkout);

beforeAll(async () => {
  await removeTestProjects();
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-offline-'));
  archive = join(dir, 'o.tar');
  checkout = join(dir, folderName);
  await must(process.execPath, join(CHECKOUT, 'scripts/main.ts'), 'bundle', '--out', archive);
  await must('tar', '-xf', archive, '-C', dir);
  namespace = await openNamespace('origin-offline', { first: 0, wayOut: false });
});

afterAll(async () => {
  await stackOffline('uninstall', '--yes', '--data', '--secrets');
  await namespace?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

it('installs on a host that has no way out, from the archive alone', async () => {
  const routes = await runInside(['ip', 'route'], dir);
  expect(routes.stdout).not.toContain('default');
  await docker(['image', 'rm', SPARE_IMAGE]);
  expect((await docker(['image', 'inspect', SPARE_IMAGE])).code).not.toBe(0);
  const since = new Date().toISOString();

  const where = ['--project', PROJECT, '--subnet', '10.213.238', '--bind', namespace.address];
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
