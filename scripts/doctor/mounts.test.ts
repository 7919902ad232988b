import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../engine/runTool.ts';
import { contextOf, goodEngine, issuesOf } from './test/contextOf.ts';

const DEADLINE_MS = 10_000;

let place: string;
let mounted: boolean;

/** Runs a command as it stands, as an operator types it. */
const type = async (command: string) => {
  const { code, output } = await runTool('sh', ['-c', command], { timeoutMs: DEADLINE_MS });
  expect(code, output).toBe(0);
};

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'origin-stack-doctor-'));
  const size = ['-o', 'size=1m,nr_inodes=40'];
  const { code } = await runTool('mount', ['-t', 'tmpfs', ...size, 'tmpfs', place]);
  mounted = code === 0;
});
afterEach(async () => {
  if (mounted) await runTool('umount', [place]);
  await rmdir(place);
});

/** With images and data on that one file system. */
const look = (name: string) =>
  issuesOf(name, contextOf(place, { engine: { ...goodEngine, rootDir: place } }));
const wordsOf = async (name: string) =>
  (await look(name)).map(({ severity, what }) => `${severity}: ${what}`);

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(`checks of a real file system${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  beforeEach(({ skip }) => skip(!mounted, 'needs to mount a file system'));

  it('disk finds a small one, and nothing once it is large enough', async () => {
    expect((await wordsOf('disk'))[0]).toBe(`error: 1 MB of 1 MB are free at ${place}`);
    await type(`mount -o remount,size=5g ${place}`);
    expect((await wordsOf('disk'))[0]).toBe(`warning: 5.4 GB of 5.4 GB are free at ${place}`);
    await type(`mount -o remount,size=12g ${place}`);
    expect(await look('disk')).toEqual([]);
  });

  it('inodes finds one full of files, and nothing once they are gone', async () => {
    const files = Array.from({ length: 37 }, (_, at) => join(place, String(at)));
    expect(await look('inodes')).toEqual([]);
    for (const file of files) await writeFile(file, '');
    expect((await wordsOf('inodes'))[0]).toBe(`warning: 2 of 40 inodes are free at ${place}`);
    for (const name of ['a', 'b']) await writeFile(join(place, name), '');
    const [found] = await look('inodes');
    expect(found?.what).toBe(`0 of 40 inodes are free at ${place}`);
    expect(found?.severity).toBe('error');
    const [, search = ''] = /^find what has so many files: (.+)$/.exec(found?.fix ?? '') ?? [];
    const { output } = await runTool('sh', ['-c', search]);
    expect(output).toBe(`40\t${place}`);
    for (const file of files) await rm(file);
    expect(await look('inodes')).toEqual([]);
  });

  it('data-mount finds one that runs no program, or that nobody may write to, and what it says mends it', async () => {
    expect(await look('data-mount')).toEqual([]);
    for (const option of ['noexec', 'ro']) {
      await type(`mount -o remount,${option} ${place}`);
      const [found] = await look('data-mount');
      expect(found?.what).toMatch(option === 'ro' ? /mounted read-only$/ : /mounted noexec/);
      await type(found?.fix ?? '');
      expect(await look('data-mount')).toEqual([]);
    }
  });

  it('sync-time finds nothing on a file system that is fast enough', async () => {
    expect(await look('sync-time')).toEqual([]);
  });
});
