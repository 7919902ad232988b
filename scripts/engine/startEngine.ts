import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../lib/commandErrors.ts';
import type { Step } from '../lib/progress.ts';
import { askEngine } from './engineState.ts';
import { listenToEngine } from './engineWords.ts';
import { mendLeftovers, mendNetworks } from './mendLeftovers.ts';
import { judgePidFile } from './pidFile.ts';
import { lastLines, runTool } from './runTool.ts';

export const ENGINE_LOG = '/var/log/dockerd.log';
const PID_FILE = '/var/run/docker.pid';
const DEADLINE_MS = 120_000;
/** A daemon that lives but does not answer for so long is taken for hung. */
const HUNG_MS = 40_000;
const POLL_MS = 500;
const RETRY_MS = 2_000;

type Starting = { step: Step; signal: AbortSignal; systemd: boolean; deadlineMs?: number };

/** Starts the engine and returns when it answers; mends what a killed one has left. Throws with its last words. */
export async function startEngine({
  step,
  signal,
  systemd,
  deadlineMs = DEADLINE_MS,
}: Starting): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  const log = systemd ? 'journal' : { file: ENGINE_LOG };
  let lastWords = listenToEngine(log);
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const running = judgePidFile(PID_FILE, 'dockerd');
    if (running.verdict === 'alive') {
      if (await answersBefore(Math.min(deadline, Date.now() + HUNG_MS), signal, () => isAlive(running.pid)))
        return;
      if (isAlive(running.pid)) await endHung(running.pid, step);
      continue;
    }
    for (const path of await mendLeftovers()) step.update(`removed ${path}, which a killed engine left`);
    lastWords = listenToEngine(log);
    const hasEnded = systemd ? await startBySystemd() : await startDetached();
    if (await answersBefore(deadline, signal, () => !hasEnded())) return;
    if (await mendNetworks(await lastWords())) step.update('set the broken store of networks aside');
    await sleep(RETRY_MS, undefined, { signal });
  }
  throw new CommandError({
    what: `the engine does not answer after ${deadlineMs / 1000} s`,
    why: lastLines(await lastWords(), 8),
    next: systemd ? 'journalctl -u docker' : `less ${ENGINE_LOG}`,
  });
}

async function answersBefore(
  deadline: number,
  signal: AbortSignal,
  mayAnswer: () => boolean,
): Promise<boolean> {
  for (;;) {
    if ((await askEngine(signal)).answers) return true;
    if (Date.now() > deadline || !mayAnswer()) return false;
    await sleep(POLL_MS, undefined, { signal });
  }
}

const isAlive = (pid: number): boolean => {
  const judged = judgePidFile(PID_FILE, 'dockerd');
  return judged.verdict === 'alive' && judged.pid === pid;
};

async function endHung(pid: number, step: Step): Promise<void> {
  step.update(`ending the engine that does not answer (process ${pid})`);
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; isAlive(pid) && waited < 10_000; waited += POLL_MS) await sleep(POLL_MS);
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** In a session of its own, with its log in a file: it outlives this command and the terminal. */
async function startDetached(): Promise<() => boolean> {
  await mkdir('/var/log', { recursive: true });
  const log = openSync(ENGINE_LOG, 'a', 0o640);
  let ended = false;
  const daemon = spawn('dockerd', ['--pidfile', PID_FILE], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  daemon.once('exit', () => (ended = true));
  daemon.once('error', () => (ended = true));
  daemon.unref();
  closeSync(log);
  return () => ended;
}

async function startBySystemd(): Promise<() => boolean> {
  await runTool('systemctl', ['reset-failed', 'docker.service', 'docker.socket']);
  await runTool('systemctl', ['enable', 'docker.service']);
  const { code } = await runTool('systemctl', ['restart', 'docker.service']);
  return () => code !== 0;
}
