import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageReference } from '../../images/hashInputs.ts';
import { imageList } from '../../images/imageList.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { locateBundle } from '../bundleDir.ts';
import { composeArgv, docker, mustDocker } from '../compose.ts';

const MAIN = join(CHECKOUT, 'scripts/main.ts');
const PROJECT = 'origin-uninstall-test';
/** Of its own, so that no other bundle's image goes. */
const VERSION = 'uninstall-test';
const ALIEN = 'origin-uninstall-alien';
const IMAGE = `origin-stack/redis:${VERSION}`;

let root: string;

/** Other names of images that help to build, so that no later test has to build them. */
const HELPING = imageList.filter(({ purpose }) => purpose !== 'runs').map(({ name }) => name);
const keptName = (name: string) => `origin-uninstall-kept/${name}`;
async function keepImages(): Promise<void> {
  for (const name of HELPING) await docker(['tag', await imageReference(name), keptName(name)]);
}
async function giveBackImages(): Promise<void> {
  for (const name of HELPING) {
    await docker(['tag', keptName(name), await imageReference(name)]);
    await docker(['image', 'rm', keptName(name)]);
  }
}

const stack = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args, '--state-dir', root], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });

const ofProject = async (...argv: string[]) =>
  (await mustDocker([...argv, '--quiet', '--filter', `label=com.docker.compose.project=${PROJECT}`]))
    .split('\n')
    .filter((line) => line !== '').length;
const counts = async () => ({
  containers: await ofProject('ps', '--all'),
  networks: await ofProject('network', 'ls'),
  volumes: await ofProject('volume', 'ls'),
});

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-uninstall-'));
  const choices = ['--url', 'https://localhost:9479', '--http-port', '9478', '--project', PROJECT];
  expect(await stack('init', ...choices)).toMatchObject({ code: 0 });
  const dir = locateBundle(root);
  await mkdir(dir.reports);
  const settings = await readFile(dir.envFile, 'utf8');
  const [, tag] = /^ORIGIN_TAG_REDIS=(.*)$/m.exec(settings) ?? [];
  await mustDocker(['tag', `origin-stack/redis:${tag}`, IMAGE]);
  const others = settings.replace(/^ORIGIN_TAG_.*\n/gm, '');
  await writeFile(dir.envFile, `${others}ORIGIN_TAG_REDIS=${VERSION}\n`);
  await mustDocker(composeArgv(dir, 'create', 'redis'));
  await keepImages();
});

afterAll(async () => {
  await docker(['rm', '--force', ALIEN]);
  await stack('uninstall', '--yes', '--data', '--secrets', '--images');
  await giveBackImages();
  await rm(root, { recursive: true, force: true });
});

it('removes what is named, after a confirmation, and says what remains', async () => {
  const whole = await counts();
  expect(whole.containers).toBe(1);
  expect(whole.networks).toBeGreaterThan(0);
  expect(whole.volumes).toBeGreaterThan(0);

  expect(await stack('uninstall', '--data')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('was not confirmed'),
  });
  const planned = await stack('uninstall', '--dry-run', '--data');
  expect(planned.stdout).toContain(`DESTROY data volume ${PROJECT}_redis-data`);
  expect(await stack('uninstall', '--yes', '--secrets')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('the secrets stay as long as there is data'),
  });
  expect(await counts()).toEqual(whole);

  const network = `${PROJECT}_data`;
  const asleep = ['--entrypoint', 'sleep', IMAGE, '600'];
  await mustDocker(['run', '--detach', '--name', ALIEN, '--network', network, ...asleep]);
  const plain = await stack('uninstall', '--yes');
  expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining('removed: 1 containers') });
  expect(plain.stdout).toContain(`${whole.volumes} volumes: ./stack uninstall --yes --data`);
  expect(plain.stdout).toMatch(new RegExp(`^  audit .*: rm -r ${root}/audit$`, 'm'));
  expect(plain.stdout).toMatch(new RegExp(`^  reports .*: rm -r ${root}/reports$`, 'm'));
  expect(plain.stdout).toContain(`  network    ${network}: another's container is in it`);
  expect(await counts()).toEqual({ containers: 0, networks: 1, volumes: whole.volumes });
  await mustDocker(['rm', '--force', ALIEN]);
  expect((await stack('uninstall', '--yes')).stdout).toContain('removed: 1 networks');
  expect(await counts()).toEqual({ containers: 0, networks: 0, volumes: whole.volumes });
  expect(await stack('uninstall', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to do'),
  });

  await writeFile(join(root, 'secrets', 'notes'), 'of somebody');
  await writeFile(join(root, 'textfile', 'certificates.prom'), '');
  await writeFile(join(root, 'textfile', 'raid.prom'), 'of somebody');
  const all = await stack('uninstall', '--yes', '--data', '--secrets', '--images', '--json');
  expect(all.code, all.stderr).toBe(0);
  expect(JSON.parse(all.stdout)).toMatchObject({
    removed: { images: expect.arrayContaining([IMAGE, await imageReference('base')]) },
    remains: {
      containers: [],
      networks: [],
      volumes: [],
      images: [],
      secrets: [],
      audit: [join(root, 'audit')],
      reports: [join(root, 'reports')],
    },
  });
  expect(await counts()).toEqual({ containers: 0, networks: 0, volumes: 0 });
  expect(existsSync(join(root, 'secrets', 'ca'))).toBe(false);
  // Nothing but a person removes the record of what was done.
  expect(await readFile(join(root, 'audit', 'api-keys.log'), 'utf8')).toContain('operator');
  expect(await readFile(join(root, 'secrets', 'notes'), 'utf8')).toBe('of somebody');
  expect(await readdir(join(root, 'textfile'))).toEqual(['raid.prom']);
  expect((await stack('uninstall', '--yes')).stdout).toBe('nothing to do: there is no bundle here\n');
});
