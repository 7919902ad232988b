import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { locateBundle } from './bundle/bundleDir.ts';
import { initBundle } from './bundle/initBundle.ts';
import { CHECKOUT } from './lib/checkout.ts';
import { commandList } from './lib/commandList.ts';

const AT_ONCE = 3;
/** Of the contract of every command: done, failed, usage, a precondition, locked. */
const EXIT_CODES = [0, 1, 2, 3, 4];

/** One line for each command that asks an engine, with what it has to say which bundle is meant. */
const ASKS_ENGINE: Record<string, string[]> = {
  up: ['up', 'STATE'],
  init: ['init', 'STATE'],
  down: ['down', 'STATE'],
  uninstall: ['uninstall', '--yes', '--data', 'STATE'],
  status: ['status', 'STATE'],
  logs: ['logs', 'STATE'],
  config: ['config', 'set', 'LOG_LEVEL=debug', 'STATE'],
  images: ['images', '--dry-run'],
  bundle: ['bundle', '--dry-run'],
  'generate-api-key': ['generate-api-key', 'STATE'],
  'rotate-api-key': ['rotate-api-key', 'STATE'],
  rotate: ['rotate', '--status', 'STATE'],
  'renew-certs': ['renew-certs', 'STATE'],
  'monitor-tls-certs': ['monitor-tls-certs', 'STATE'],
  migrate: ['migrate', 'STATE'],
  tenant: ['tenant', 'list', 'STATE'],
  key: ['key', 'list', 'NOWHERE', 'STATE'],
  demo: ['demo', 'STATE'],
  'verify-ledger': ['verify-ledger', 'STATE'],
  doctor: ['doctor', 'STATE'],
  alerts: ['alerts', 'STATE'],
  audit: ['audit', 'STATE'],
  chaos: ['chaos', 'STATE'],
  load: ['load', 'smoke', 'STATE'],
  engine: ['engine', '--dry-run'],
  service: ['service', 'install', '--dry-run', 'STATE'],
};

/** They ask none, or measure and test on one of their own. */
const ASKS_NONE = ['verify-pack', 'test', 'bench', 'reference', 'train-model'];

let root: string;
/** A port of this host where nobody listens. */
let refused: number;
const place = (name: string) => join(root, name);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'origin-stack-odd-'));
  await initBundle(locateBundle(place('state')), { project: 'origin-odd-engines' });
  for (const [name, script] of [
    ['broken', 'echo "{not what was asked"'],
    ['silent', 'exit 1'],
  ] as const) {
    mkdirSync(place(name));
    writeFileSync(join(place(name), 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  refused = (server.address() as { port: number }).port;
  await new Promise((resolve) => server.close(resolve));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Said {
  line: string;
  code: number;
  stderr: string;
}

function run(line: string[], env: NodeJS.ProcessEnv = {}): Promise<Said> {
  const argv = line.flatMap((word) =>
    word === 'STATE' ? ['--state-dir', place('state')] : [word.replace('NOWHERE', place('nowhere'))],
  );
  return new Promise((resolve) => {
    const options = { cwd: CHECKOUT, env: { ...process.env, ...env }, timeout: 120_000 };
    execFile(process.execPath, ['scripts/main.ts', ...argv], options, (error, _, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 128;
      resolve({ line: line.join(' '), code, stderr });
    });
  });
}

async function runEach(lines: string[][], env?: NodeJS.ProcessEnv): Promise<Said[]> {
  const left = [...lines];
  const said: Said[] = [];
  const work = async () => {
    for (let line = left.shift(); line; line = left.shift()) said.push(await run(line, env));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return said;
}

/** What nobody should have to read, and what must stand there. */
function faultsOf({ line, code, stderr }: Said): string[] {
  const faults: string[] = [];
  const say = (fault: string) => faults.push(`${line} (exit ${code}): ${fault}\n${stderr.slice(-600)}`);
  if (!EXIT_CODES.includes(code)) say('an exit code of no contract');
  if (/^\s+at .*:\d+:\d+\)?$/m.test(stderr)) say('a stack trace');
  if (/\[object |\bundefined\b|\bE[A-Z]{4,}\b/.test(stderr)) say('words of the program');
  if (code !== 0 && !FINDS.test(line) && !/^error: /m.test(stderr)) say('no error');
  if (/^error: /m.test(stderr) && code === 3 && !/^next: /m.test(stderr)) say('nothing to type');
  return faults;
}

/** These say what they found as their result. */
const FINDS = /^(doctor|verify-pack) /;

test('every command is tried, or said to ask no engine', () => {
  const tried = [...Object.keys(ASKS_ENGINE), ...ASKS_NONE].sort();
  expect(tried).toEqual(commandList.map(({ name }) => name).sort());
});

test.each([
  ['whose socket is not there', () => ({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })],
  ['whose address refuses', () => ({ DOCKER_HOST: `tcp://127.0.0.1:${refused}` })],
  ['that answers something else', () => ({ PATH: `${place('broken')}:${process.env.PATH}` })],
  ['that fails without a word', () => ({ PATH: `${place('silent')}:${process.env.PATH}` })],
])('every command says in words what it lacks with an engine %s', async (_, env) => {
  const said = await runEach(Object.values(ASKS_ENGINE), env());
  expect(said.flatMap(faultsOf)).toEqual([]);
  const unsaid = said.filter(({ stderr }) => /^error: no Docker engine answers/m.test(stderr));
  if ('DOCKER_HOST' in env()) {
    expect(unsaid.length).toBeGreaterThan(10);
    for (const { line, stderr } of unsaid) expect(stderr, line).toContain('unset DOCKER_HOST');
  }
});

test('work goes on where nobody reads how far it is', async () => {
  const argv = ['scripts/main.ts', 'doctor', '--json', '--state-dir', place('nowhere')];
  const child = spawn(process.execPath, argv, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  expect(JSON.parse(await text(child.stdout)).findings.length).toBeGreaterThan(10);
});

test('a file that is not there and an address that refuses are said in words', async () => {
  const key = place('key');
  writeFileSync(key, 'ok_test_nothing');
  const said = await runEach([
    ['verify-pack', 'NOWHERE.zip'],
    ['verify-pack', root],
    ['verify-pack', key],
    ['verify-pack', key, '--jwks', 'NOWHERE.json'],
    ['demo', 'NOWHERE', 'STATE'],
    ['demo', '--url', `https://127.0.0.1:${refused}`, '--key-file', key],
    ['demo', '--url', 'https://nowhere.invalid', '--key-file', key],
    ['demo', '--url', `https://127.0.0.1:${refused}`, '--key-file', 'NOWHERE'],
    ['demo', '--url', `https://127.0.0.1:${refused}`, '--key-file', 'README.md'],
    ['up', '--bundle', 'NOWHERE.tar', 'STATE'],
    ['init', '--cert', 'NOWHERE.pem', '--key', 'NOWHERE.key', 'STATE'],
    ['init', '--overlay', 'alert-webhook', '--secret', 'alert-webhook-url=NOWHERE', 'STATE'],
    ['tenant', 'list', '--state-dir', 'NOWHERE'],
  ]);
  expect(said.flatMap(faultsOf)).toEqual([]);
  expect(said.filter(({ code }) => code === 0).map(({ line }) => line)).toEqual([]);
});
