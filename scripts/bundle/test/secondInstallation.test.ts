import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BundleDir, COMPOSE_FILE, locateBundle } from '../bundleDir.ts';
import { bundleSettingsIn } from '../bundleSettings.ts';
import { composeArgv, docker, mustDocker } from '../compose.ts';
import { everyVolume, rememberVolumes } from '../dataVolumes.ts';
import { runStack } from './stack.ts';
import { freeSubnet } from './testProject.ts';
import { theBundle } from './theBundle.ts';

const PROJECT = 'origin-second-test';
/** Its name begins as the project's own volumes do. */
const NEIGHBOUR = `${PROJECT}_x`;
const FOREIGN = `${PROJECT}-web-1`;

let roots: string[] = [];
let first: BundleDir;

const containers = async () =>
  (
    await mustDocker([
      'ps',
      '--all',
      '--filter',
      `label=com.docker.compose.project=${PROJECT}`,
      '--format',
      '{{.ID}}',
    ])
  ).split('\n');

const newRoot = async () => {
  const root = await mkdtemp(join(tmpdir(), 'origin-stack-second-'));
  roots.push(root);
  return root;
};

/** Ports and networks that nobody has: what is refused is refused for the project alone. */
const where = async (root: string, project: string) => [
  ...['--state-dir', root, '--project', project, '--subnet', await freeSubnet()],
  ...['--url', `https://localhost:${await freePort()}`, '--http-port', String(await freePort())],
];

/** As `init` and a first `up` leave it, with containers that were made and not started. */
beforeAll(async () => {
  const root = await newRoot();
  expect(await runStack(['init', ...(await where(root, PROJECT))])).toMatchObject({ code: 0 });
  first = locateBundle(root);
  await mustDocker(composeArgv(first, 'create', 'redis', 'postgres'));
});

afterAll(async () => {
  await docker(['rm', '--force', FOREIGN]);
  await runStack(['uninstall', '--yes', '--data', '--secrets', '--state-dir', first.root]);
  await docker(['volume', 'rm', `${PROJECT}_minio-data`, `${NEIGHBOUR}_postgres-data`]);
  for (const root of roots) await rm(root, { recursive: true, force: true });
  roots = [];
});

it('a second installation leaves the first alone, and says which command makes one', async () => {
  const root = await newRoot();
  const [before, volumes] = [await containers(), await everyVolume(PROJECT)];
  expect(before.length).toBeGreaterThan(1);
  const given = await where(root, PROJECT);
  for (const command of [['init'], ['up'], ['up', '--dry-run']]) {
    const refused = await runStack([...command, ...given]);
    expect(refused, command.join(' ')).toMatchObject({ code: 3 });
    expect(refused.stderr).toContain(`the Compose project ${PROJECT} belongs to another installation`);
    expect(refused.stderr).toContain('./stack up --project NAME --url https://localhost:8443');
  }
  expect(await readdir(root)).not.toContain('compose.env');

  // One that was made before the name was taken, or whose settings were copied by hand.
  expect(await runStack(['init', ...(await where(root, `${PROJECT}-2`))])).toMatchObject({ code: 0 });
  const { envFile } = locateBundle(root);
  const own = await readFile(envFile, 'utf8');
  await writeFile(
    envFile,
    own.replace(`COMPOSE_PROJECT_NAME=${PROJECT}-2`, `COMPOSE_PROJECT_NAME=${PROJECT}`),
  );
  const touching = [
    ['down'],
    ['uninstall', '--yes', '--data'],
    ['tenant', 'list'],
    ['status'],
    ['logs'],
    ['up'],
  ];
  for (const command of touching) {
    const refused = await runStack([...command, '--state-dir', root]);
    expect(refused, command.join(' ')).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr, command.join(' ')).toContain('belongs to another installation');
  }
  expect(await containers()).toEqual(before);
  expect(await everyVolume(PROJECT)).toEqual(volumes);

  await writeFile(envFile, own);
  const planned = await runStack(['up', '--dry-run', '--state-dir', root]);
  expect(planned.code, planned.stderr).toBe(0);
});

it('containers without an identity are ours by the files that made them, and nobody touches the others', async () => {
  const settings = await readFile(first.envFile, 'utf8');
  const image = (
    await mustDocker(['ps', '--all', '--format', '{{.Image}}', '--filter', `name=${PROJECT}-redis`])
  ).trim();
  const make = (files: string) =>
    mustDocker([
      ...['create', '--name', FOREIGN, '--label', `com.docker.compose.project=${PROJECT}`],
      ...['--label', `com.docker.compose.project.config_files=${files}`],
      ...['--label', 'com.docker.compose.service=web', image],
    ]);
  await make('/srv/shop/compose.yml');
  const down = await runStack(['down', '--state-dir', first.root]);
  expect(down).toMatchObject({ code: 3, stdout: '' });
  expect(down.stderr).toContain(`container ${FOREIGN} is not of this one: made from /srv/shop/compose.yml`);
  await mustDocker(['rm', FOREIGN]);

  await make(COMPOSE_FILE);
  // As a release wrote them that knew no identity.
  await writeFile(first.envFile, settings.replace(/^ORIGIN_INSTALLATION=.*\n/m, ''));
  const planned = await runStack(['up', '--dry-run', '--state-dir', first.root]);
  expect(planned.stderr).toContain(`container ${PROJECT}-`);
  expect(planned.stderr).not.toContain(FOREIGN);
  await writeFile(first.envFile, settings);
  await mustDocker(['rm', FOREIGN]);
  expect(await runStack(['up', '--dry-run', '--state-dir', first.root])).toMatchObject({ code: 0 });
});

it('up names a volume with data that is gone, and begins with an empty one only where the project is typed', async () => {
  const settings = bundleSettingsIn(first);
  if (!settings) throw new Error('there are no settings');
  await rememberVolumes(first, settings);
  expect(await readFile(join((await theBundle()).dir.root, 'bundle.volumes'), 'utf8')).toBe(
    'postgres-data\nminio-data\nvault-data\n',
  );
  await mustDocker(composeArgv(first, 'rm', '--force', '--stop'));
  await mustDocker(['volume', 'rm', `${PROJECT}_postgres-data`]);
  const up = (...flags: string[]) => runStack(['up', '--dry-run', ...flags, '--state-dir', first.root]);
  const refused = await up();
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain(`${PROJECT}_postgres-data (uploads, decisions, the ledger, API keys)`);
  expect(refused.stderr).toContain(`./stack up --new ${PROJECT}`);
  expect(await up('--new', 'origin')).toMatchObject({ code: 2, stdout: '' });
  expect(await up('--new', PROJECT)).toMatchObject({ code: 0 });
});

it('uninstall destroys a volume that was made by hand, and none of a neighbour whose name begins alike', async () => {
  await mustDocker(['volume', 'create', `${PROJECT}_minio-data`]);
  await mustDocker(['volume', 'create', `${NEIGHBOUR}_postgres-data`]);
  const uninstall = (...flags: string[]) =>
    runStack(['uninstall', '--data', ...flags, '--state-dir', first.root]);
  expect((await uninstall('--dry-run')).stdout).toContain(`DESTROY data volume ${PROJECT}_minio-data`);
  expect(await uninstall('--yes')).toMatchObject({ code: 0 });
  expect(await everyVolume(PROJECT)).toEqual([]);
  const left = await mustDocker(['volume', 'ls', '--format', '{{.Name}}', '--filter', `name=${PROJECT}`]);
  expect(left.trim()).toBe(`${NEIGHBOUR}_postgres-data`);
  // What a command destroyed by name is not missed.
  expect(await runStack(['up', '--dry-run', '--state-dir', first.root])).toMatchObject({ code: 0 });
});
