import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { engineAnswers } from '../bundle/compose.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { checkSuite } from './checkSuite.ts';
import { junitSuite } from './junitSuite.ts';
import type { Suite } from './suite.ts';
import { vitestSuite } from './vitestSuite.ts';

const bin = (name: string) => join(CHECKOUT, 'node_modules', '.bin', name);

/** Why there is no Python 3.11 with venv, for suites whose judges are Python's. */
async function missingPython(): Promise<string | undefined> {
  const program = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
  const found = await promisify(execFile)('python3', ['-c', program]).catch(() => undefined);
  return found ? undefined : 'needs Python 3.11 or newer with venv: apt-get install python3-venv';
}

/** Why there is no bundle on this host. */
async function missingEngine(): Promise<string | undefined> {
  return (await engineAnswers()) ? undefined : 'needs a Docker engine with Compose: ./stack engine --yes';
}

/** Its tests read every service's secrets, and each folder of those belongs to another uid. */
async function missingEngineOrRoot(): Promise<string | undefined> {
  const isRoot = process.getuid?.() === 0;
  return (await missingEngine()) ?? (isRoot ? undefined : 'needs root: sudo ./stack test bundle');
}

/** Its bundle goes out through a proxy that somebody else wrote. */
async function missingExternals(): Promise<string | undefined> {
  const found = await promisify(execFile)('tinyproxy', ['-v']).catch(() => undefined);
  return (
    (await missingEngineOrRoot()) ?? (found ? undefined : 'needs tinyproxy: apt-get install tinyproxy-bin')
  );
}

/** It builds by an engine of its own, and looks at what leaves. */
async function missingCapture(): Promise<string | undefined> {
  const found = await promisify(execFile)('tcpdump', ['--version']).catch(() => undefined);
  return (await missingEngineOrRoot()) ?? (found ? undefined : 'needs tcpdump: apt-get install tcpdump');
}

/** Every suite, the quick ones first. After its budget one hangs: twice what it takes on two cores of a busy host. */
export const SUITES: readonly Suite[] = [
  checkSuite({ name: 'lint', budgetMinutes: 3, command: bin('biome'), args: ['ci', '--colors=off', '.'] }),
  checkSuite({ name: 'types', budgetMinutes: 3, command: bin('tsc'), args: ['-p', 'tsconfig.json'] }),
  vitestSuite({ name: 'sdk', budgetMinutes: 3, folders: ['packages/sdk'] }),
  junitSuite({
    name: 'sdk-python',
    budgetMinutes: 6,
    missing: missingPython,
    command: join(CHECKOUT, 'packages/sdk-python/test.sh'),
    args: (junitFile) => [`--junitxml=${junitFile}`],
  }),
  // The servers that tests speak real protocols with; built once, so that no test waits for them.
  checkSuite({
    name: 'peers',
    budgetMinutes: 12,
    command: process.execPath,
    args: [join(CHECKOUT, 'packages/testkit/src/peers/preparePeers.ts')],
  }),
  vitestSuite({
    name: 'core',
    budgetMinutes: 15,
    folders: ['packages/core', 'packages/testkit', 'packages/contract'],
  }),
  // Before api, whose tests use a judge of the same environment.
  junitSuite({
    name: 'schemathesis',
    budgetMinutes: 10,
    missing: missingPython,
    command: join(CHECKOUT, 'api/schemathesis/run.sh'),
    args: (junitFile) => ['--report=junit', `--report-junit-path=${junitFile}`],
  }),
  vitestSuite({ name: 'api', budgetMinutes: 6, folders: ['api'] }),
  vitestSuite({ name: 'worker', budgetMinutes: 5, folders: ['worker'] }),
  // Every image that a bundle can have, from nothing but packages: side by side they take less time than one in its test. What is
  // built already and has not changed is taken as it is.
  checkSuite({
    name: 'images',
    budgetMinutes: 30,
    missing: missingEngine,
    command: process.execPath,
    args: [join(CHECKOUT, 'scripts/main.ts'), 'images', '--all'],
  }),
  vitestSuite({ name: 'scripts', budgetMinutes: 12, folders: ['scripts'] }),
  vitestSuite({ name: 'faults', budgetMinutes: 15, folders: ['chaos-tests'] }),
  vitestSuite({
    name: 'bundle',
    budgetMinutes: 60,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/test', 'scripts/doctor/bundle'],
    config: 'scripts/bundle/test/vitest.config.ts',
  }),
  vitestSuite({
    name: 'versitygw',
    budgetMinutes: 20,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/versitygw'],
    config: 'scripts/bundle/versitygw/vitest.config.ts',
  }),
  vitestSuite({
    name: 'offline',
    budgetMinutes: 10,
    nightly: true,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/offline'],
    config: 'scripts/bundle/offline/vitest.config.ts',
  }),
  vitestSuite({
    name: 'externals',
    budgetMinutes: 10,
    nightly: true,
    missing: missingExternals,
    folders: ['scripts/bundle/external'],
    config: 'scripts/bundle/external/vitest.config.ts',
  }),
  vitestSuite({
    name: 'capture',
    budgetMinutes: 25,
    nightly: true,
    missing: missingCapture,
    folders: ['scripts/bundle/capture'],
    config: 'scripts/bundle/capture/vitest.config.ts',
  }),
  vitestSuite({
    name: 'bare',
    budgetMinutes: 60,
    nightly: true,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/bare'],
    config: 'scripts/bundle/bare/vitest.config.ts',
  }),
];
