import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { locateBundle } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { healerArgv, whenGoneArgv } from './healer.ts';

test('who heals after a killed run is told of that same bundle', () => {
  expect(healerArgv(locateBundle()).slice(-2)).toEqual(['chaos', '--heal']);
  expect(healerArgv(locateBundle('/srv/x')).slice(-4)).toEqual(['chaos', '--heal', '--state-dir', '/srv/x']);
});

/** Writes a line for each time it runs, and ends with the next of these codes. */
const TRIES = 'echo ran >>"$1"; shift $(wc -l <"$1"); exit "$1"';

/** How often a healer ran its command, which ends with these codes one after the other. */
async function runsOf(codes: number[], watched: ChildProcess): Promise<() => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), 'origin-healer-'));
  const file = join(folder, 'runs');
  const command = ['sh', '-c', TRIES, 'sh', file, ...codes.map(String)];
  const [program = '', ...argv] = whenGoneArgv(watched.pid ?? 0, command);
  const healer = spawn(program, argv, { stdio: 'ignore', detached: true });
  const ended = once(healer, 'exit');
  onTestFinished(async () => {
    if (healer.exitCode === null) process.kill(-(healer.pid ?? 0), 'SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  });
  return async () => {
    await ended;
    return (await readFile(file, 'utf8')).split('\n').length - 1;
  };
}

describe('the healer', () => {
  test('does nothing while the process is there, and comes again only while the bundle is locked', async () => {
    const watched = spawn('sleep', ['600']);
    onTestFinished(() => void watched.kill('SIGKILL'));
    const locked = await runsOf([4, 4, 0, 0], watched);
    const well = await runsOf([0, 0], watched);
    const failed = await runsOf([1, 0], watched);
    const early = await Promise.race([locked(), well(), failed(), sleep(1_500, 'none')]);
    expect(early).toBe('none');
    watched.kill('SIGKILL');
    expect(await Promise.all([locked(), well(), failed()])).toEqual([3, 1, 1]);
  });
});
