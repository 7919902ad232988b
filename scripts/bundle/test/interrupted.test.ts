import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { createProgress } from '../../lib/progress.ts';
import { mustDocker } from '../compose.ts';
import { listContainers } from '../containers.ts';
import { rollReplicas } from '../startContainers.ts';
import { inspectService } from './containerFaults.ts';
import { runStack } from './stack.ts';
import { freeSubnet, removeProject } from './testProject.ts';
import { bundleIn, theBundle } from './theBundle.ts';

/** A bundle of its own, which nobody has brought up yet. */
const PROJECT = 'origin-interrupted-test';
const TIMEOUT_MS = 600_000;
const SAID = { deadlineMs: 120_000, pollMs: 20 };
let root: string;
let where: string[];
let ports: { https: number; http: number };

beforeAll(async () => {
  await removeProject(PROJECT);
  root = await mkdtemp(join(tmpdir(), 'origin-stack-interrupted-'));
  ports = { https: await freePort(), http: await freePort() };
  where = [
    ...['--state-dir', root, '--project', PROJECT, '--subnet', await freeSubnet()],
    ...['--url', `https://localhost:${ports.https}`, '--http-port', String(ports.http)],
  ];
});

afterAll(async () => {
  await removeProject(PROJECT);
  await rm(root, { recursive: true, force: true });
});

const listenOn = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

test(
  'a port that another program has is named with that program, and nothing is started',
  async () => {
    const server = await listenOn(ports.https);
    const up = await runStack(['up', ...where]);
    server.close();
    expect(up).toMatchObject({ code: 3, stdout: '' });
    expect(up.stderr).toContain(`port ${ports.https} of 127.0.0.1`);
    expect(up.stderr).toContain(`(process ${process.pid})`);
    expect(up.stderr).not.toContain('starting the containers');
  },
  TIMEOUT_MS,
);

test(
  'a subnet that another bundle has is named',
  async () => {
    const { settings } = await theBundle();
    const taken = where.map((part, index) =>
      where[index - 1] === '--subnet' ? settings.ORIGIN_SUBNET : part,
    );
    const up = await runStack(['up', ...taken]);
    expect(up).toMatchObject({ code: 3, stdout: '' });
    expect(up.stderr).toContain(`${settings.ORIGIN_SUBNET}.0/24 overlaps with`);
    expect(up.stderr).not.toContain('starting the containers');
  },
  TIMEOUT_MS,
);

test(
  'a secret that others may read stops the start, and the command that is shown mends it',
  async () => {
    expect(await runStack(['init', ...where])).toMatchObject({ code: 0 });
    const file = join(root, 'secrets', 'vault', 'seal-key');
    await chmod(file, 0o444);
    const up = await runStack(['up', ...where]);
    expect(up).toMatchObject({ code: 3, stdout: '' });
    expect(up.stderr).toContain(`chmod 400 ${file}`);
    await chmod(file, 0o400);
  },
  TIMEOUT_MS,
);

/** Starts `up` and sends a signal as soon as it has said something. Gives the exit code, and what it said. */
async function interrupt(words: string, signal: NodeJS.Signals) {
  const child: ChildProcess = spawn(process.execPath, ['scripts/main.ts', 'up', ...where], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = code.then((exit) => Promise.reject(new Error(`it ended (${exit}) before: ${output}`)));
  await Promise.race([eventually(() => expect(output).toContain(words), SAID), ended]);
  child.kill(signal);
  ended.catch(() => {});
  return { code: await code, output };
}

test(
  'Ctrl-C at any moment ends it at once, and after a run that was killed the next one works',
  async () => {
    for (const words of ['starting the containers', 'are well, not yet', 'of 18 are well']) {
      const { code, output } = await interrupt(words, 'SIGINT');
      expect(code, output).toBe(130);
      expect(output).toContain('interrupted');
    }
    expect(await interrupt('of 18 are well', 'SIGKILL')).toMatchObject({ code: null });
    const { code, output } = await interrupt('deciding', 'SIGINT');
    expect(code, output).toBe(130);
    const up = await runStack(['up', ...where]);
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toContain('Self-check: ');
    const audit = await runStack(['audit', '--state-dir', root]);
    expect(audit.code, audit.stdout).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  'a replacement that Compose had made and not started is no obstacle',
  async () => {
    const bundle = await bundleIn(root);
    const { id, name, image } = await inspectService(bundle, 'api-b');
    const format = '{{range $key, $value := .Config.Labels}}{{println $key "=" $value}}{{end}}';
    const labels = (await mustDocker(['inspect', '--format', format, id])).trim().split('\n');
    // As Compose leaves it where it is killed between making the new one and removing the old.
    await mustDocker([
      ...['create', '--name', `${id.slice(0, 12)}_${name}`],
      ...labels.flatMap((label) => ['--label', label.replace(' = ', '=')]),
      image,
    ]);
    const step = createProgress({ write() {}, live: false, color: false }).step('replacing');
    await rollReplicas(bundle.dir, { force: true, step, signal: new AbortController().signal });
    expect((await inspectService(bundle, 'api-b')).id).not.toBe(id);
    expect((await listContainers(bundle.dir)).map((one) => one.name)).toHaveLength(18);
  },
  TIMEOUT_MS,
);
