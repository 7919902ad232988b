import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isServed } from './mendLeftovers.ts';
import { judgePidFile } from './pidFile.ts';

const dir = mkdtempSync(join(tmpdir(), 'origin-engine-test-'));
const path = join(dir, 'daemon.pid');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(path, { force: true });
});

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
