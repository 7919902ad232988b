import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerFailure } from './serverFailure.ts';
import { runUnder, type ServerIdentity } from './serverIdentity.ts';

/**
 * How to start a server program; its output is appended to `logFile`. `endsWithParent` (tests) makes the
 * kernel stop it when its parent dies without a word, where util-linux is there to ask for that.
 */
export type ServerCommand = {
  name: string;
  command: string;
  args: string[];
  logFile: string;
  identity: ServerIdentity;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** A file that it reads; without it, nothing is there to read. */
  stdin?: string;
  endsWithParent?: boolean;
};

/** A running server program. `stop` sends the signal, waits, kills at the deadline, and may be called twice. */
export type ServerProcess = {
  pid: number;
  exited: Promise<number>;
  stop: (signal: NodeJS.Signals, deadlineMs?: number) => Promise<void>;
};

const readyPollMs = 40;

/** Starts a server program detached from the terminal's signals, so that its owner decides when it stops. */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  const log = openSync(server.logFile, 'a', 0o600);
  const input = server.stdin === undefined ? undefined : openSync(server.stdin, 'r');
  const [command, ...args] = withParentDeath(server);
  const run = runUnder(server.identity, command, args);
  try {
    const child = spawn(run.command, run.args, {
      ...run.user,
      cwd: server.cwd ?? '/',
      detached: true,
      env: server.env ?? {},
      stdio: [input ?? 'ignore', log, log],
    });
    await once(child, 'spawn');
    return describe(child);
  } catch (cause) {
    const words = `${server.name} could not be started: ${(cause as Error).message}`;
    throw new ServerFailure(words, `look at ${server.command} and ${server.logFile}`, { cause });
  } finally {
    closeSync(log);
    if (input !== undefined) closeSync(input);
  }
}

const setpriv = '/usr/bin/setpriv';

function withParentDeath(server: ServerCommand): [string, ...string[]] {
  if (!server.endsWithParent || !existsSync(setpriv)) return [server.command, ...server.args];
  return [setpriv, '--pdeathsig', 'INT', server.command, ...server.args];
}

function describe(child: ChildProcess): ServerProcess {
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? -1));
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const stop = async (signal: NodeJS.Signals, deadlineMs = 20_000) => {
    if (!isRunning()) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    await exited;
    clearTimeout(timer);
  };
  return { pid: child.pid ?? -1, exited, stop };
}

/**
 * Waits until `probe` says true; it says false while the server is still starting and throws when it never
 * will be ready. Fails with the end of the log when the process ends first or the deadline passes.
 */
export async function waitUntilReady(
  server: ServerCommand & { process: ServerProcess; deadlineMs: number },
  probe: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + server.deadlineMs;
  let exitCode: number | undefined;
  void server.process.exited.then((code) => {
    exitCode = code;
  });
  while (!(await probe())) {
    if (exitCode !== undefined) throw explain(server, `ended with code ${exitCode} while starting`);
    if (Date.now() > deadline) throw explain(server, `was not ready after ${server.deadlineMs} ms`);
    await delay(readyPollMs);
  }
}

function explain(server: ServerCommand, what: string): ServerFailure {
  const tail = readFileSync(server.logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  const reason = tail.includes('No space left on device') ? 'the disk is full. ' : '';
  const words = `${server.name} ${what}: ${reason}the end of ${server.logFile}:\n${tail}`;
  return new ServerFailure(words, `look at what came before: ${server.logFile}`);
}
