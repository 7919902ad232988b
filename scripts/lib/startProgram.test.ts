import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProgram } from './startProgram.ts';

const WAIT_MS = 10_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-start-program-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Prints each of its arguments in angle brackets. */
const SHOW = ['sh', '-c', 'for one in "$@"; do printf "<%s>" "$one"; done', 'show'];

/** Starts a `sleep` of its own, writes its number into a file, and waits for it. */
const parent = (file: string) => [
  'sh',
  '-c',
  'sleep 600 & echo "$!" >"$0.tmp"; mv "$0.tmp" "$0"; wait',
  file,
];

async function childOf(file: string): Promise<number> {
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text) return Number(text);
    await sleep(20);
  }
  throw new Error('the program did not start its child');
}

async function untilGone(pid: number): Promise<boolean> {
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // A zombie has ended; who takes its exit code is not our affair.
    if (state === undefined || state.slice(state.lastIndexOf(')') + 2).startsWith('Z')) return true;
    await sleep(20);
  }
  return false;
}

describe('startProgram', () => {
  it('gives each argument as it is, whatever a shell would make of it', async () => {
    const hostile = [
      'a b',
      "it's",
      '$(id)',
      '`id`',
      '; id',
      '*',
      '~',
      '',
      '-n',
      'line\nline',
      '"',
      '\\',
      '!!',
    ];
    const { stdout, exitCode } = await startProgram([...SHOW, ...hostile]).ended;
    expect(stdout).toBe(hostile.map((one) => `<${one}>`).join(''));
    expect(exitCode).toBe(0);
  });

  it('resolves with the exit code and both streams, also of what failed or is not there', async () => {
    const failed = await startProgram(['sh', '-c', 'echo out; echo err >&2; exit 3']).ended;
    expect(failed).toMatchObject({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
    expect((await startProgram(['no-such-program-of-ours', 'x']).ended).exitCode).toBe(127);
    expect((await startProgram(['sh', '-c', 'kill -9 $$']).ended).exitCode).not.toBe(0);
  });

  it('rejects with the reason where nothing could be started', async () => {
    const gone = join(folder, 'gone');
    await expect(startProgram(['true'], { cwd: gone }).ended).rejects.toMatchObject({ code: 'ENOENT' });
    const tooLong = startProgram(['echo', 'x'.repeat(3_000_000)]);
    await expect(tooLong.ended).rejects.toMatchObject({ code: 'E2BIG' });
  });

  it('gives input, and nothing to read where there is none; one that does not read is no error', async () => {
    const megabyte = 'x'.repeat(1_048_576);
    expect((await startProgram(['wc', '-c'], { input: megabyte }).ended).stdout.trim()).toBe('1048576');
    expect((await startProgram(['true'], { input: megabyte }).ended).exitCode).toBe(0);
    expect((await startProgram(['wc', '-c']).ended).stdout.trim()).toBe('0');
  });

  it('ends the program and all that it started when the signal aborts', async () => {
    const abort = new AbortController();
    const file = join(folder, 'child');
    const running = startProgram(parent(file), { signal: abort.signal });
    const child = await childOf(file);
    abort.abort();
    const { exitCode } = await running.ended;
    expect(exitCode).not.toBe(0);
    expect(await untilGone(child)).toBe(true);
  });

  it('ends at once what is started with a signal that has aborted', async () => {
    const { exitCode } = await startProgram(['sleep', '600'], { signal: AbortSignal.abort() }).ended;
    expect(exitCode).not.toBe(0);
  });

  it('kills it with all that it started after the time', async () => {
    const file = join(folder, 'child');
    const running = startProgram(parent(file), { timeoutMs: 1_000 });
    const child = await childOf(file);
    await running.ended;
    expect(await untilGone(child)).toBe(true);
  });

  it('runs in a folder and with an environment of its own', async () => {
    const env = { PATH: process.env.PATH, ONLY: 'this' };
    const { stdout } = await startProgram(['sh', '-c', 'pwd; echo "$ONLY$HOME"'], { cwd: folder, env }).ended;
    expect(stdout).toBe(`${folder}\nthis\n`);
  });
});
