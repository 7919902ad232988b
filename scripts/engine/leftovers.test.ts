import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { listenToEngine } from './engineWords.ts';
import { isServed, mendLeftovers, mendNetworks } from './mendLeftovers.ts';
import { judgePidFile } from './pidFile.ts';

const dir = mkdtempSync(join(tmpdir(), 'origin-engine-test-'));
const path = join(dir, 'daemon.pid');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(path, { force: true });
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(dir, { recursive: true }));

async function sleeper(): Promise<ChildProcess> {
  const child = spawn('sleep', ['60']);
  children.push(child);
  await new Promise((resolve) => child.once('spawn', resolve));
  return child;
}

describe('judgePidFile', () => {
  it('finds a running process of the program', async () => {
    const { pid } = await sleeper();
    writeFileSync(path, `${pid}`);
    expect(judgePidFile(path, 'sleep')).toEqual({ verdict: 'alive', pid });
  });

  it('calls a number that another program was given stale', async () => {
    writeFileSync(path, `${(await sleeper()).pid}`);
    expect(judgePidFile(path, 'dockerd')).toEqual({ verdict: 'stale' });
  });

  it('calls the file of a dead process stale', async () => {
    const child = await sleeper();
    writeFileSync(path, `${child.pid}`);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(judgePidFile(path, 'sleep')).toEqual({ verdict: 'stale' });
  });

  it.each(['', 'x', '-1', '0'])('calls a broken file (%j) stale', (content) => {
    writeFileSync(path, content);
    expect(judgePidFile(path, 'sleep')).toEqual({ verdict: 'stale' });
  });

  it('says when there is none', () => {
    expect(judgePidFile(path, 'sleep')).toEqual({ verdict: 'none' });
  });
});

it('tells a socket that is served from one that a killed process left', async () => {
  const socket = join(dir, 'served.sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  expect(await isServed(socket)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await isServed(socket)).toBe(false);
});

describe('mendLeftovers', () => {
  it('removes what a killed engine left, and nothing of one that runs', async () => {
    const at = (name: string) => join(dir, name);
    const running = await sleeper();
    writeFileSync(at('alive.pid'), `${running.pid}`);
    writeFileSync(at('stale.pid'), '');
    const served = createServer();
    await new Promise<void>((resolve) => served.listen(at('served.sock'), resolve));
    await leaveSocket(at('left.sock'));
    const pidFiles = ['alive.pid', 'stale.pid', 'none.pid'].map((name) => ({
      path: at(name),
      program: 'sleep',
    }));
    const sockets = ['served.sock', 'left.sock', 'none.sock'].map(at);
    try {
      expect(await mendLeftovers({ pidFiles, sockets })).toEqual([at('stale.pid'), at('left.sock')]);
      expect(existsSync(at('stale.pid')) || existsSync(at('left.sock'))).toBe(false);
      expect(existsSync(at('alive.pid')) && existsSync(at('served.sock'))).toBe(true);
      expect(await mendLeftovers({ pidFiles, sockets })).toEqual([]);
    } finally {
      await new Promise((resolve) => served.close(resolve));
    }
  });

  /** As one leaves it that is killed: Node removes its own at the end. */
  async function leaveSocket(socket: string): Promise<void> {
    const program = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const child = spawn(process.execPath, ['-e', program]);
    await new Promise((resolve) => child.once('exit', resolve));
    expect(existsSync(socket)).toBe(true);
  }
});

describe('mendNetworks', () => {
  // Of dockerd 20.10 with a store that was cut short.
  const words =
    'failed to start daemon: Error initializing network controller: error obtaining controller instance: invalid database';
  const inFolder = () => readdirSync(dir).filter((name) => name.startsWith('local-kv.db'));
  const store = join(dir, 'local-kv.db');
  afterEach(() => {
    for (const name of inFolder()) rmSync(join(dir, name));
  });

  it('sets the store of networks aside where the last words are about it, once', async () => {
    writeFileSync(store, 'cut');
    expect(await mendNetworks('failed to start daemon: no space left on device', store)).toBe(false);
    expect(inFolder()).toEqual(['local-kv.db']);
    expect(await mendNetworks(words, store)).toBe(true);
    const [aside = ''] = inFolder();
    expect(aside).toMatch(/^local-kv\.db\.\d+$/);
    expect(readFileSync(join(dir, aside), 'utf8')).toBe('cut');
    expect(await mendNetworks(words, store)).toBe(false);
  });

  it("reads these words in systemd's journal", async () => {
    writeFileSync(store, 'cut');
    const journal = join(dir, 'journalctl');
    writeFileSync(journal, `#!/bin/sh\necho "$@" >${dir}/asked\necho '${words}'\n`);
    chmodSync(journal, 0o755);
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
    const lastWords = listenToEngine('journal');
    expect(await mendNetworks(await lastWords(), store)).toBe(true);
    expect(readFileSync(join(dir, 'asked'), 'utf8')).toMatch(
      /^--unit docker --since @\d{10} --lines 50 --output cat/,
    );
  });

  it('reads them in the log of an engine without systemd, and not those of an earlier one', async () => {
    const file = join(dir, 'engine.log');
    const fromNothing = listenToEngine({ file });
    expect(await fromNothing()).toBe('');
    appendFileSync(file, `${words}\n`);
    expect(await fromNothing()).toBe(`${words}\n`);
    const since = listenToEngine({ file });
    expect(await since()).toBe('');
    appendFileSync(file, `${'x'.repeat(20_000)}\nits end\n`);
    expect(await since()).toMatch(/^x{7991}\nits end\n$/);
    writeFileSync(file, 'rotated\n');
    expect(await since()).toBe('rotated\n');
  });
});
