import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { composeArgv, mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { logOf } from './containerFaults.ts';
import { stackOf } from './stack.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

/** What may be seen by anybody: certificates, the list of digests, names. */
const PUBLIC = /\.(crt|conf)$|\/(root-user|minio-access-key|service-keys\.json)$/;

let bundle: TheBundle;
/** Each secret and the forms in which it could slip out, by the file that holds it. */
const needles = new Map<string, string[]>();

beforeAll(async () => {
  bundle = await theBundle();
  await testClient(bundle);
  for (const folder of await readdir(bundle.dir.secrets)) {
    for (const file of await readdir(join(bundle.dir.secrets, folder))) {
      const path = `${folder}/${file}`;
      if (PUBLIC.test(path)) continue;
      const bytes = await readFile(join(bundle.dir.secrets, path));
      needles.set(path, formsOf(path, bytes));
    }
  }
  expect(needles.size).toBeGreaterThan(40);
});

function formsOf(path: string, bytes: Buffer): string[] {
  const text = bytes.toString('utf8').trim();
  if (path.endsWith('.key'))
    return text.split('\n').filter((line) => line.length > 30 && !line.startsWith('-'));
  if (path === 'vault/seal-key')
    return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
  if (path === 'redis/users.acl')
    return [...text.matchAll(/#([0-9a-f]{64})/g)].map((found) => found[1] ?? '');
  if (path.endsWith('.json')) return Object.values(JSON.parse(text)) as string[];
  if (path.endsWith('-url')) return [decodeURIComponent(new URL(text).password)];
  return [text, Buffer.from(text).toString('base64')];
}

/** The files whose secret is in the text. */
const found = (text: string) =>
  [...needles].flatMap(([path, forms]) => (forms.some((form) => text.includes(form)) ? [path] : []));

test('the search finds a secret where there is one', async () => {
  for (const [path, [form = '']] of needles) {
    expect(form.length, path).toBeGreaterThan(20);
    expect(found(`before ${form} after`)).toContain(path);
  }
});

test('no container has written a secret to its log', async () => {
  const leaks: Record<string, string[]> = {};
  for (const { service } of await listContainers(bundle.dir)) {
    const paths = found(await logOf(bundle, service));
    if (paths.length > 0) leaks[service] = paths;
  }
  expect(leaks).toEqual({});
});

test('the engine tells no secret of any container, nor of any image', async () => {
  const containers = await listContainers(bundle.dir);
  const inspected = await mustDocker(['inspect', ...containers.map(({ id }) => id)]);
  expect(found(inspected)).toEqual([]);
  const images = new Set((JSON.parse(inspected) as { Image: string }[]).map(({ Image: image }) => image));
  for (const image of images) {
    const history = await mustDocker(['history', '--no-trunc', '--format', '{{.CreatedBy}}', image]);
    expect(found(history + (await mustDocker(['image', 'inspect', image])))).toEqual([]);
    expect(history).not.toMatch(/\/\/[^/\s]*:[^/\s]*@/);
  }
});

test('what a process is told by its environment holds no secret', async () => {
  const { stdout } = {
    stdout: await mustDocker([
      'ps',
      '--quiet',
      '--filter',
      `label=com.docker.compose.project=${bundle.settings.COMPOSE_PROJECT_NAME}`,
    ]),
  };
  for (const id of stdout.split('\n').filter(Boolean)) {
    const [{ State: state }] = JSON.parse(await mustDocker(['inspect', id]));
    expect(found(await readFile(`/proc/${state.Pid}/environ`, 'utf8'))).toEqual([]);
    expect(found(await readFile(`/proc/${state.Pid}/cmdline`, 'utf8'))).toEqual([]);
  }
});

test('a secret that is put back with its old time is not what its reader runs with: up starts that anew', async () => {
  const place = join(bundle.dir.secrets, 'postgres-exporter', 'database-password');
  const backup = `${place}.backup`;
  const replaced = async () => {
    const { stdout } = await stackOf(bundle)('up', '--dry-run', '--json');
    type Plan = { steps: { change?: string; service?: string }[] };
    const { plan } = JSON.parse(stdout) as { plan: Plan };
    return plan.steps.filter(({ change }) => change === 'replace').map(({ service }) => service);
  };
  const before = await replaced();
  expect(before).not.toContain('postgres-exporter');
  await promisify(execFile)('cp', ['-p', place, backup]);
  await promisify(execFile)('touch', ['-d', '2020-01-01', backup]);
  await promisify(execFile)('mv', [backup, place]);
  expect((await replaced()).sort()).toEqual([...before, 'postgres-exporter'].sort());
  await mustDocker(composeArgv(bundle.dir, 'restart', 'postgres-exporter'));
  expect(await replaced()).toEqual(before);
});
