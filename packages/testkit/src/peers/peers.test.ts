import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { moveIntoPlace } from './moveIntoPlace.ts';
import { startPeerProcess } from './peerProcess.ts';
import { runTool } from './runTool.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-peers-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('the build that finishes first stays and the later one leaves nothing behind', async () => {
  for (const name of ['first', 'second']) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, name, `by-${name}`), '');
  }
  await moveIntoPlace(join(dir, 'first'), join(dir, 'final'));
  await moveIntoPlace(join(dir, 'second'), join(dir, 'final'));
  expect(await readdir(dir)).toEqual(['final']);
  expect(await readdir(join(dir, 'final'))).toEqual(['by-first']);
});

test('a tool that fails is quoted, and one that is not there is named', async () => {
  const lines: string[] = [];
  const script = 'console.log("compiling"); console.error("no space"); process.exitCode = 3';
  const run = runTool({
    command: process.execPath,
    args: ['-e', script],
    onLine: (line) => lines.push(line),
  });
  await expect(run).rejects.toThrow(/ended with code 3:\n(.*\n)?no space/);
  expect(lines.sort()).toEqual(['compiling', 'no space']);
  await expect(runTool({ command: 'no-such-tool', args: ['x'] })).rejects.toThrow(/no-such-tool/);
});

test('a peer that ends while it starts is an error that quotes what it said, and leaves no directory', async () => {
  const args = ({ dir: own }: { dir: string }) => [
    '-e',
    `console.error("cannot start in", "${own}"); process.exit(4)`,
  ];
  const error = await startPeerProcess({ name: 'peer', command: process.execPath, args }).catch(
    (thrown) => thrown,
  );
  expect(error.message).toMatch(/peer ended with code 4 while starting/);
  const own = /cannot start in (\S+)/.exec(error.message)?.[1] ?? '';
  await expect(readdir(own)).rejects.toThrow('ENOENT');
});
