import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isOneOff, serviceOf } from '../../audit/inspected.ts';
import { inspectProject } from '../../audit/readFacts.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { openTree, writeSecret } from '../secretFiles.ts';
import { copyCheckout } from './copyCheckout.ts';
import { engineStateOf, startOf, treeOf } from './snapshot.ts';
import { type Ran, runStack, stackOf } from './stack.ts';
import { freeSubnet, removeProject } from './testProject.ts';
import { bundleIn, type TheBundle, theBundle } from './theBundle.ts';

const TIMEOUT_MS = 600_000;
let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
let folder: string;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  folder = await mkdtemp(join(tmpdir(), 'origin-stack-dry-run-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Planned {
  summary: string;
  steps: { action: string; service?: string; change?: string; setting?: string; folder?: string }[];
}

const planIn = ({ code, stdout, stderr }: Ran): Planned => {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).plan;
};
const actionsOf = ({ steps }: Planned) => steps.map(({ action }) => action);

/** Plans, and proves that nothing is another afterwards: no file, no container, network, volume or image. */
async function planOf(of: TheBundle, ...args: string[]): Promise<Ran> {
  const look = async () => ({
    tree: await treeOf(of.dir.root),
    out: await treeOf(folder),
    engine: await engineStateOf(of.settings.COMPOSE_PROJECT_NAME),
  });
  const before = await look();
  const ran = await runStack([...args, '--dry-run', '--json', '--state-dir', of.dir.root]);
  expect(await look(), args.join(' ')).toEqual(before);
  return ran;
}

/** Each container by its service: which it is, and since when it runs. */
async function standing() {
  const containers = await inspectProject(bundle.settings.COMPOSE_PROJECT_NAME);
  const ours = containers.filter((one) => !isOneOff(one));
  return new Map(ours.map((one) => [serviceOf(one), { id: one.Id, since: startOf(one.State) }]));
}

test(
  'what up plans is what it then does to settings and containers, and what it does not name stays as it is',
  async () => {
    expect(await stack('up')).toMatchObject({ code: 0 });
    const running = await listContainers(bundle.dir);
    const nameOf = (service: string) => running.find((one) => one.service === service)?.name ?? '';
    await mustDocker(['rm', '--force', nameOf('mtail')]);
    await mustDocker(['stop', nameOf('cron')]);
    // As an `init`, or a run that was cut short, left it: nobody has read it yet.
    const tree = await openTree(bundle.dir.secrets);
    const [folder, file] = ['redis-exporter', 'redis-passwords.json'] as const;
    await writeSecret(tree, { folder, file, content: await bundle.secret(`${folder}/${file}`) });
    const port = String(await freePort());
    const plan = planIn(await planOf(bundle, 'up', '--http-port', port));
    expect(plan.steps.flatMap(({ setting }) => setting ?? [])).toEqual(['ORIGIN_HTTP_PORT']);
    const planned = plan.steps.flatMap(({ service, change }) => (service ? [`${change} ${service}`] : []));
    expect(planned.sort()).toEqual([
      'make mtail',
      'replace nginx',
      'replace redis-exporter',
      'start cron',
      'start migrate',
    ]);
    expect(actionsOf(plan).slice(-2)).toEqual([
      'check it with a real item',
      `look at every certificate, and write ${join(bundle.dir.textfile, 'certificates.prom')}`,
    ]);

    const before = await standing();
    const settings = await readFile(bundle.dir.envFile, 'utf8');
    expect(await stack('up', '--http-port', port)).toMatchObject({ code: 0 });
    const after = await standing();
    const done = [...after].flatMap(([service, now]) => {
      const was = before.get(service);
      if (was?.id !== now.id) return [`${was ? 'replace' : 'make'} ${service}`];
      return was.since === now.since ? [] : [`start ${service}`];
    });
    expect(done.sort()).toEqual(planned);
    expect(await readFile(bundle.dir.envFile, 'utf8')).toBe(
      settings.replace(/^ORIGIN_HTTP_PORT=.*$/m, `ORIGIN_HTTP_PORT=${port}`),
    );

    const again = planIn(await planOf(bundle, 'up'));
    expect(again.steps.flatMap(({ service }) => service ?? [])).toEqual(['migrate']);
  },
  TIMEOUT_MS,
);

test(
  'up plans a bundle that is not there yet from its settings alone, and commands of a bundle that is down start nothing',
  async () => {
    const project = 'origin-dryrun-test';
    const root = await mkdtemp(join(tmpdir(), 'origin-stack-dry-run-new-'));
    onTestFinished(async () => {
      await removeProject(project);
      await rm(root, { recursive: true, force: true });
    });
    const where = ['--url', `https://localhost:${await freePort()}`, '--http-port', String(await freePort())];
    const own = [...where, '--project', project, '--subnet', await freeSubnet(), '--state-dir', root];
    const fresh = planIn(await runStack(['up', ...own, '--dry-run', '--json']));
    expect(await treeOf(root)).toHaveLength(1);
    const services = fresh.steps.flatMap(({ service, change }) => (change === 'make' ? [service] : []));
    expect(services.sort()).toEqual([...(await standing()).keys()].sort());
    expect(actionsOf(fresh).join('\n')).toContain(`make networks: ${project}_`);
    expect(actionsOf(fresh).join('\n')).toContain(`make volumes: ${project}_`);

    const init = planIn(await runStack(['init', ...own, '--dry-run', '--json']));
    expect(await runStack(['init', ...own])).toMatchObject({ code: 0 });
    const made = (await treeOf(join(root, 'secrets'))).map((line) => line.split(' ')[0]?.split('/')[0]);
    const folders = init.steps.flatMap((step) => step.folder ?? []);
    expect(folders.sort()).toEqual([...new Set(made)].filter((name) => name !== '').sort());

    const down = await bundleIn(root);
    expect(JSON.parse((await planOf(down, 'init')).stdout).plan.steps).toEqual([]);
    for (const args of [['migrate'], ['tenant', 'list'], ['key', 'list', 'acme']]) {
      const refused = await planOf(down, ...args);
      expect(refused, args.join(' ')).toMatchObject({ code: 3 });
      expect(refused.stderr).toContain('the bundle does not run');
      expect(await runStack([...args, '--state-dir', root])).toMatchObject({
        code: 3,
        stderr: refused.stderr,
      });
    }
  },
  TIMEOUT_MS,
);

test(
  'tenant and key plan by the container that does the work, and change nothing',
  async () => {
    const tenant = `tenant-${randomUUID().slice(0, 8)}`;
    const make = planIn(await planOf(bundle, 'tenant', 'create', tenant));
    expect(actionsOf(make)).toEqual([
      expect.stringContaining(`make the tenant ${tenant} with an empty ledger`),
    ]);
    const unknown = await planOf(bundle, 'key', 'create', tenant, '--out', join(folder, 'dry.key'));
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`there is no tenant ${tenant}`),
    });
  },
  TIMEOUT_MS,
);

test(
  'another checkout builds an image under a name of its own, and this installation goes on with its own',
  async () => {
    const before = planIn(await stack('up', '--dry-run', '--json'));
    const checkout = join(folder, 'checkout');
    onTestFinished(() => rm(checkout, { recursive: true, force: true }));
    await copyCheckout(checkout);
    await symlink(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'));
    await appendFile(join(checkout, 'compose/images/redis/Dockerfile'), '# of another checkout\n');
    const images = async (...args: string[]) => {
      const argv = [join(checkout, 'scripts/main.ts'), 'images', '--only', 'redis', '--json', ...args];
      return JSON.parse((await promisify(execFile)(process.execPath, argv, { cwd: checkout })).stdout);
    };
    const planned = (await images('--dry-run')) as { plan: Planned };
    expect(actionsOf(planned.plan)).toEqual(['build image redis (Redis 8): it is not there']);
    const { images: built } = (await images()) as { images: { name: string; reference: string }[] };
    const reference = built.find(({ name }) => name === 'redis')?.reference ?? '';
    expect(reference).not.toBe(`origin-stack/redis:${bundle.settings.ORIGIN_TAG_REDIS}`);
    await mustDocker(['image', 'rm', reference]);
    expect(planIn(await stack('up', '--dry-run', '--json'))).toEqual(before);
  },
  TIMEOUT_MS,
);

test(
  'images plans what it builds and why, and bundle its archive',
  async () => {
    const before = await engineStateOf(bundle.settings.COMPOSE_PROJECT_NAME);
    const plan = async (...args: string[]) => planIn(await runStack([...args, '--dry-run', '--json']));
    const fresh = await plan('images', '--only', 'redis', '--fresh');
    expect(actionsOf(fresh)).toEqual(['build image redis (Redis 8): --fresh']);
    const file = join(folder, 'stack.tar');
    expect(actionsOf(await plan('bundle', '--out', file)).slice(-2)).toEqual([
      expect.stringMatching(new RegExp(`^write ${file}: this checkout .*: minio, app, postgres, `)),
      `write ${file}.sha256`,
    ]);
    expect(await treeOf(file)).toEqual([]);
    expect(await engineStateOf(bundle.settings.COMPOSE_PROJECT_NAME)).toEqual(before);

    expect(await runStack(['images', '--only', 'redis'])).toMatchObject({ code: 0 });
    expect(await plan('images', '--only', 'redis')).toEqual({
      summary: 'as they should be: redis',
      steps: [],
    });
    const ran = await runStack(['images', '--only', 'redis', '--json']);
    expect(JSON.parse(ran.stdout).images).toMatchObject([{ name: 'redis', result: 'reused' }]);
  },
  TIMEOUT_MS,
);
