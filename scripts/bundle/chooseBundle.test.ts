import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { writeRunState } from '../embedded/runState.ts';
import { locateStateDir, makeStateDir } from '../embedded/stateDir.ts';
import { identifyProcess } from '../lib/processIdentity.ts';
import { chooseBundle } from './chooseBundle.ts';
import { engineAnswers } from './compose.ts';
import { initFlags } from './initFlags.ts';

const answers = await engineAnswers();
const API = 'http://127.0.0.1:8080';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-choice-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

const noFlags = { compose: false, embedded: false, overlay: [], without: [], set: [], secret: [] };
const choose = (flags: object = {}) => chooseBundle({ ...noFlags, 'state-dir': root, ...flags });

function withoutEngine(): void {
  vi.stubEnv('DOCKER_HOST', `unix://${root}/nothing.sock`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

const makeBundle = () => writeFileSync(join(root, 'compose.env'), 'ORIGIN_OVERLAYS=\n');

/** As if this process were the supervisor. */
async function startEmbedded(): Promise<void> {
  const dir = locateStateDir(root);
  const supervisor = identifyProcess(process.pid);
  if (!supervisor) throw new Error('this process has no identity');
  await makeStateDir(dir);
  const run = { supervisor, phase: 'ready' as const, since: new Date().toISOString() };
  await writeRunState(dir, { ...run, urls: { api: API }, services: [] });
}

const ofInit = Object.entries(initFlags).map(([name, flag]) => ({
  [name]: 'multiple' in flag ? ['NAME=VALUE'] : 'VALUE',
}));
const everyFlag = [{ compose: true }, { bundle: 'FILE' }, ...ofInit].map((flags) => ({
  flags,
  typed: `--${Object.keys(flags)[0]}`,
}));

describe.each(everyFlag)('$typed speaks of the bundle', ({ flags, typed }) => {
  test('where no engine answers that is an error, and nothing else is started', async () => {
    withoutEngine();
    const refused = { exitCode: 3, next: expect.stringContaining('unset DOCKER_HOST') };
    await expect(choose(flags)).rejects.toMatchObject({ ...refused, why: expect.stringContaining(typed) });
  });

  test('where the embedded default runs it is refused, and excludes --embedded', async () => {
    await startEmbedded();
    const next = expect.stringContaining(`./stack down --state-dir ${root}`);
    await expect(choose(flags)).rejects.toMatchObject({ exitCode: 3, next });
    const what = `--embedded excludes ${typed}`;
    await expect(choose({ ...flags, embedded: true })).rejects.toMatchObject({ exitCode: 2, message: what });
  });
});

test('a bundle that was made here is never left for the embedded default without a word', async () => {
  makeBundle();
  withoutEngine();
  const why = expect.stringContaining(join(root, 'compose.env'));
  await expect(choose()).rejects.toMatchObject({
    exitCode: 3,
    why,
    next: expect.stringContaining('unset DOCKER_HOST'),
  });
  expect(await choose({ embedded: true })).toBeUndefined();
  await startEmbedded();
  await expect(choose()).rejects.toMatchObject({ next: expect.stringContaining('./stack down') });
  expect(await choose({ embedded: true })).toBeUndefined();
});

test('where nothing says which, it is the bundle with an engine, and else the embedded default', async () => {
  if (answers) expect(await choose()).toMatchObject({ root });
  withoutEngine();
  expect(await choose()).toBeUndefined();
});

test('what the boot unit types is refused beside an embedded run, and a plain up says that it runs', async () => {
  await startEmbedded();
  const up = (...args: string[]) => {
    const argv = ['scripts/main.ts', 'up', '--state-dir', root, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  for (const dry of [[], ['--dry-run']]) {
    const refused = { status: 3, stdout: '', stderr: expect.stringContaining('./stack down') };
    expect(up('--compose', ...dry)).toMatchObject(refused);
    expect(up(...dry)).toMatchObject({ status: 0, stdout: expect.stringContaining(API) });
  }
  expect(readdirSync(root)).not.toContain('compose.env');
}, 60_000);

test('a user who may not speak to the engine is told so', async () => {
  mkdirSync(join(root, 'bin'));
  const program = '#!/bin/sh\necho "permission denied while trying to connect" >&2\nexit 1\n';
  writeFileSync(join(root, 'bin', 'docker'), program, { mode: 0o755 });
  vi.stubEnv('PATH', `${root}/bin:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const message = 'this user may not speak to the engine';
  const next = expect.stringContaining('usermod');
  await expect(choose({ compose: true })).rejects.toMatchObject({ message, next });
});
