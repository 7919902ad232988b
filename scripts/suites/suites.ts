import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { engineAnswers } from '../bundle/compose.ts';
import { checkSuite } from './checkSuite.ts';
import { junitSuite } from './junitSuite.ts';
import { CHECKOUT } from './runProgram.ts';
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

/** Every suite, the quick ones first. Budgets are for two cores. */
export const SUITES: readonly Suite[] = [
  checkSuite({ name: 'lint', budgetMinutes: 1, command: bin('biome'), args: ['ci', '--colors=off', '.'] }),
  checkSuite({ name: 'types', budgetMinutes: 1, command: bin('tsc'), args: ['-p', 'tsconfig.json'] }),
  vitestSuite({ name: 'sdk', budgetMinutes: 1, folders: ['packages/sdk'] }),
  junitSuite({
    name: 'sdk-python',
    budgetMinutes: 3,
    missing: missingPython,
    command: join(CHECKOUT, 'packages/sdk-python/test.sh'),
    args: (junitFile) => [`--junitxml=${junitFile}`],
  }),
  // The servers that tests speak real protocols with; built once, so that no test waits for them.
  checkSuite({
    name: 'peers',
    budgetMinutes: 8,
    command: process.execPath,
    args: [join(CHECKOUT, 'packages/testkit/src/peers/preparePeers.ts')],
  }),
  vitestSuite({
    name: 'core',
    budgetMinutes: 8,
    folders: ['packages/core', 'packages/testkit', 'packages/contract'],
  }),
  // Before api, whose tests use a judge of the same environment.
  junitSuite({
    name: 'schemathesis',
    budgetMinutes: 6,
    missing: missingPython,
    command: join(CHECKOUT, 'api/schemathesis/run.sh'),
    args: (junitFile) => ['--report=junit', `--report-junit-path=${junitFile}`],
  }),
  vitestSuite({ name: 'api', budgetMinutes: 3, folders: ['api'] }),
  vitestSuite({ name: 'worker', budgetMinutes: 2, folders: ['worker'] }),
  // Every image from nothing but packages; what is built already and has not changed is taken as it is.
  checkSuite({
    name: 'images',
    budgetMinutes: 15,
    missing: missingEngine,
    command: process.execPath,
    args: [join(CHECKOUT, 'scripts/main.ts'), 'images'],
  }),
  vitestSuite({ name: 'scripts', budgetMinutes: 6, folders: ['scripts'] }),
  vitestSuite({ name: 'faults', budgetMinutes: 8, folders: ['chaos-tests'] }),
  vitestSuite({
    name: 'bundle',
    budgetMinutes: 20,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/test', 'scripts/doctor/bundle.test.ts'],
    config: 'scripts/bundle/test/vitest.config.ts',
  }),
  vitestSuite({
    name: 'offline',
    budgetMinutes: 10,
    nightly: true,
    missing: missingEngineOrRoot,
    folders: ['scripts/bundle/offline'],
    config: 'scripts/bundle/offline/vitest.config.ts',
  }),
];
