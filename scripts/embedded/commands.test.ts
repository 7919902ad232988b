import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundLogs } from './boundedLogs.ts';
import { findPortHolder, requireFreePort } from './portHolder.ts';
import { readRunState } from './runState.ts';
import { openSecret, openSecrets } from './secretFiles.ts';
import { locateStateDir, makeStateDir, type StateDir } from './stateDir.ts';
import { stopSupervisor } from './stopSupervisor.ts';
import { said, startSupervisor } from './test/startSupervisor.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let root: string;
let dir: StateDir;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-commands-'));
  dir = locateStateDir(root);
});
afterEach(async () => {
  await stopSupervisor(dir);
  await rm(root, { recursive: true, force: true });
});

function stack(...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, ...args, '--state-dir', root], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('status, logs and down', () => {
  it('agree with what runs, from before the start to after the stop', async () => {
    expect(await stack('status')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing runs here'),
    });
    expect(await stack('down')).toMatchObject({ code: 0, stdout: 'nothing to do: nothing runs here\n' });

    const supervisor = await startSupervisor(root);
    await said(supervisor, 'all ready');
    const status = await stack('status', '--json');
    expect(status.code).toBe(0);
    const run = JSON.parse(status.stdout);
    expect(run).toMatchObject({ running: true, phase: 'ready', ready: true });
    expect(run.services.map((service: { name: string }) => service.name).sort()).toEqual([
      'first',
      'postgres',
      'redis',
      'second',
    ]);
    expect((await stack('status')).stdout).toMatch(/^first +running +\d+ +\d+ +0 /m);
    expect((await stack('logs', 'first', '--lines', '1')).stdout).toBe('first | listening as first\n');
    expect(await stack('logs', 'frist')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: first'),
    });

    const plan = await stack('down', '--dry-run', '--json');
    expect(
      JSON.parse(plan.stdout)
        .plan.steps.map((step: { service: string }) => step.service)
        .at(-1),
    ).toBe('supervisor');
    expect(await readRunState(dir)).toBeDefined();

    const down = await stack('down', '--json');
    expect(down.code).toBe(0);
    expect(JSON.parse(down.stdout).stopped.sort()).toEqual(['first', 'postgres', 'redis', 'second']);
    expect(await supervisor.exited).toBe(0);
    expect(await readRunState(dir)).toBeUndefined();
  });

  it('see what a killed supervisor left: status exits 1 and names the cure, down stops it', async () => {
    const supervisor = await startSupervisor(root);
    await said(supervisor, 'all ready');
    supervisor.child.kill('SIGKILL');
    await supervisor.exited;
    expect(await stack('status')).toMatchObject({ code: 1, stdout: expect.stringContaining('./stack down') });
    expect((await stack('down')).code).toBe(0);
    await expect(fetch(`http://127.0.0.1:${supervisor.ports[0]}/`)).rejects.toThrow();
    expect((await stack('status')).code).toBe(0);
  });
});

describe('logs', () => {
  it('follow what is appended, also after the file was emptied, without secrets, until interrupted', async () => {
    await makeStateDir(dir);
    const file = join(dir.logs, 'api.log');
    await writeFile(file, 'one\ntwo\n');
    const child = spawn(process.execPath, [main, 'logs', 'api', '-f', '-n', '1', '--state-dir', root]);
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    const shows = (expected: string) => eventually(() => expect(text).toBe(expected), { deadlineMs: 10_000 });
    await shows('api | two\n');
    await appendFile(file, 'three redis://:hunter22@h\nfo');
    await shows('api | two\napi | three redis://:[redacted]@h\n');
    await appendFile(file, 'ur\n');
    await shows('api | two\napi | three redis://:[redacted]@h\napi | four\n');
    await truncate(file);
    await appendFile(file, 'five\n');
    await shows('api | two\napi | three redis://:[redacted]@h\napi | four\napi | five\n');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('are bounded: what is too big is moved to one older file', async () => {
    await makeStateDir(dir);
    await writeFile(join(dir.logs, 'api.log'), 'x'.repeat(2000));
    await writeFile(join(dir.logs, 'worker.log'), 'small\n');
    await boundLogs(dir, { maxSizeBytes: 1000 });
    expect((await stack('logs', '--json', '-n', '9')).stdout).toBe('{"service":"worker","line":"small"}\n');
  });
});

describe('a secret', () => {
  it('is made once and is another in every installation', async () => {
    await makeStateDir(dir);
    const [first, again] = [await openSecrets(dir), await openSecrets(dir)];
    expect(again).toEqual(first);
    const values = Object.values(first).map((secret) => secret.value);
    expect(new Set(values).size).toBe(values.length);
    for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
  });

  it('is never replaced when its file is empty', async () => {
    await makeStateDir(dir);
    await writeFile(join(dir.secrets, 'lost'), '');
    await expect(openSecret(dir, 'lost')).rejects.toThrow('is empty');
  });
});

describe('a taken port', () => {
  it('is refused with the name of who holds it and the flag that changes it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const refusal = requireFreePort({ port, purpose: 'API', flag: '--port' });
    await expect(refusal).rejects.toMatchObject({
      exitCode: 3,
      message: `port ${port} (API) is taken`,
      why: expect.stringContaining(`(process ${process.pid})`),
      next: expect.stringContaining(`--port ${port + 1}`),
    });
    server.close();
    await once(server, 'close');
    await requireFreePort({ port, purpose: 'API', flag: '--port' });
    expect(await findPortHolder(port)).toBeUndefined();
  });
});
