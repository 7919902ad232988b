import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../engine/runTool.ts';
import { buildImages } from '../images/buildImages.ts';
import { imageReference } from '../images/hashInputs.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { createProgress } from '../lib/progress.ts';
import { engineAnswers, mustDocker } from './compose.ts';

const SOURCE = 'compose/images/app/watchdog/main.go';
const HEARTBEAT = join(CHECKOUT, 'packages/core/src/infra/heartbeat.ts');
const hasGo = (await runTool('go', ['version'])).code === 0;
const hasEngine = await engineAnswers();

/** As the services beat. */
const BEATING = `import { startHeartbeat } from ${JSON.stringify(HEARTBEAT)};
startHeartbeat(Number(process.env.WATCHDOG_FD));
console.log('up', process.pid, process.env.WATCHDOG_REPLACEMENTS);
setInterval(() => {}, 1000);`;
const BLOCKED = `${BEATING}\nfor (;;);`;
/** Never beats, and never turns its event loop: a long migration. */
const MUTE = `console.log('up', process.pid, process.env.WATCHDOG_REPLACEMENTS);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
/** Listens before it says that it is up. */
const DRAINING = `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 300));\n${BEATING}`;
/** Leaves a grandchild behind that says who its parent is by then, and ends. */
const ORPHANING = `${BEATING}
import { spawn } from 'node:child_process';
const orphan = 'sleep 0.5; echo orphan of $(cut -d" " -f4 /proc/$$/stat)';
spawn('sh', ['-c', \`sh -c '\${orphan}' &\`], { stdio: 'inherit' });`;

describe.skipIf(!hasGo && !hasEngine)('the watchdog', () => {
  let dir: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'origin-stack-watchdog-'));
    await makeProgram(join(dir, 'watchdog'));
  }, 600_000);

  afterEach(async () => {
    await Promise.all(running.splice(0).map(endWhole));
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  function start(flags: string[], script: string) {
    const node = [process.execPath, '--input-type=module', '--no-warnings', '-e', script];
    const child = spawn(join(dir, 'watchdog'), [...flags, ...node], { stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    const runs = () =>
      [...text.matchAll(/^up (\d+) (\d+)$/gm)].map(([, pid, count]) => [pid, count].map(Number));
    const pid = () => runs().at(-1)?.[0] ?? 0;
    const ended = once(child, 'exit').then(([code]) => code as number);
    const untilUp = (times: number, deadlineMs = 15_000) =>
      eventually(() => runs().length >= times, { deadlineMs });
    return { watchdog: child.pid ?? 0, pid, runs, output: () => text, ended, untilUp };
  }

  it('replaces a stopped process within 30 seconds, as it is set in the bundle', async () => {
    const { pid, runs, untilUp, output } = start([], BEATING);
    await untilUp(1);
    process.kill(pid(), 'SIGSTOP');
    await untilUp(2, 30_000);
    expect(runs().map(([, replacements]) => replacements)).toEqual([0, 1]);
    expect(output()).toContain('no heartbeat for 15s: the program is killed');
  }, 60_000);

  it('replaces a process whose event loop is blocked, 5 times, and then leaves it alone', async () => {
    const { runs, untilUp, output, pid } = start(['-silence', '1s'], BLOCKED);
    await untilUp(6, 30_000);
    await eventually(() => output().includes('5 replacements within 10m0s did not help'), {
      deadlineMs: 15_000,
    });
    const left = pid();
    await sleep(3_000);
    expect(runs()).toHaveLength(6);
    expect(parentOf(left)).toBeDefined();
    expect(output().match(/did not help/g)).toHaveLength(1);
  }, 60_000);

  it('replaces again when the window has room', async () => {
    const { untilUp, output } = start(['-silence', '500ms', '-limit', '1', '-window', '6s'], BLOCKED);
    await untilUp(2);
    const firstMs = performance.now();
    await untilUp(3, 20_000);
    expect(performance.now() - firstMs).toBeGreaterThan(5_000);
    expect(output()).toContain('1 replacements within 6s');
  }, 60_000);

  it('never judges a process that never sent a heartbeat', async () => {
    const { runs, untilUp, pid, watchdog } = start(['-silence', '500ms'], MUTE);
    await untilUp(1);
    await sleep(3_000);
    expect(runs()).toHaveLength(1);
    expect(parentOf(pid())).toBe(watchdog);
  });

  it('passes SIGTERM on, waits for the drain and ends with the exit code of the process', async () => {
    const { watchdog, untilUp, ended, runs } = start([], DRAINING);
    await untilUp(1);
    process.kill(watchdog, 'SIGTERM');
    expect(await ended).toBe(7);
    expect(runs()).toHaveLength(1);
  });

  it('ends when the process ends: starting it anew is the restart policy’s', async () => {
    const { pid, untilUp, ended } = start([], BEATING);
    await untilUp(1);
    process.kill(pid(), 'SIGKILL');
    expect(await ended).toBe(137);
  });

  it('kills a process that hangs while it is to stop, and ends', async () => {
    const { pid, watchdog, untilUp, ended, runs } = start(['-silence', '3s'], DRAINING);
    await untilUp(1);
    process.kill(pid(), 'SIGSTOP');
    process.kill(watchdog, 'SIGTERM');
    expect(await ended).toBe(137);
    expect(runs()).toHaveLength(1);
  });

  it('says that a program cannot be started', async () => {
    const child = spawn(join(dir, 'watchdog'), ['no-such-program'], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([127, null]);
  });

  it('is woken by the process when it is stopped itself', async () => {
    const { watchdog, untilUp } = start([], BEATING);
    await untilUp(1);
    process.kill(watchdog, 'SIGSTOP');
    await eventually(() => stateOf(watchdog) !== 'T', { deadlineMs: 5_000 });
  });

  it('takes a pause of the whole container for no fault of the process', async () => {
    const { watchdog, pid, untilUp, runs } = start(['-silence', '3s'], BEATING);
    await untilUp(1);
    process.kill(pid(), 'SIGSTOP');
    process.kill(watchdog, 'SIGSTOP');
    await sleep(5_000);
    process.kill(watchdog, 'SIGCONT');
    process.kill(pid(), 'SIGCONT');
    await sleep(4_000);
    expect(runs()).toHaveLength(1);
  }, 30_000);

  it('takes orphans over and leaves no zombie', async () => {
    const { watchdog, untilUp, output } = start([], ORPHANING);
    await untilUp(1);
    await eventually(() => output().includes(`orphan of ${watchdog}`), { deadlineMs: 10_000 });
    await eventually(() => childrenOf(watchdog).every((pid) => stateOf(pid) !== 'Z'));
    await eventually(() => childrenOf(watchdog).length === 1);
  });
});

/** The program as the image has it; by the host's Go where there is one, which is quicker. */
async function makeProgram(target: string): Promise<void> {
  if (hasGo) {
    const env = { ...process.env, CGO_ENABLED: '0' };
    execFileSync('go', ['build', '-o', target, SOURCE], { cwd: CHECKOUT, env });
    return;
  }
  const progress = createProgress({ write: () => {}, live: false, color: false });
  const { signal } = new AbortController();
  await buildImages({ names: ['app'], progress, signal });
  const container = (await mustDocker(['create', await imageReference('app')])).trim();
  await mustDocker(['cp', `${container}:/usr/local/bin/watchdog`, target]);
  await mustDocker(['rm', container]);
}

/** Ends the watchdog and what it runs, which has a group of its own. */
async function endWhole(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const pids = childrenOf(child.pid);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

/** State and parent of a process: fields 3 and 4 of /proc/PID/stat. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

const stateOf = (pid: number): string | undefined => fieldsOf(pid)[0];
const parentOf = (pid: number): number | undefined => Number(fieldsOf(pid)[1]) || undefined;
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
