import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import { CHECKOUT } from '../../lib/checkout.ts';
import type { TheBundle } from './theBundle.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one of the operators' commands; what it prints is kept apart. `env` is the whole environment, this process's where unset. */
export async function runStack(args: string[], env?: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn(process.execPath, ['scripts/main.ts', ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** The same, on the bundle under test. `env` is the whole environment; without it this process's. */
export const stackOf =
  (bundle: TheBundle, env?: NodeJS.ProcessEnv) =>
  (...args: string[]): Promise<Ran> =>
    runStack([...args, '--state-dir', bundle.dir.root], env);

/** Runs one that goes on, and interrupts it as Ctrl-C does once it has printed enough. */
export async function interruptStack(
  args: string[],
  isEnough: (stdout: string) => boolean | Promise<boolean>,
): Promise<Ran> {
  const child = spawn(process.execPath, ['scripts/main.ts', ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let stdout = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  const stderr = text(child.stderr);
  try {
    await eventually(async () => await isEnough(stdout), { deadlineMs: 30_000, pollMs: 300 });
    child.kill('SIGINT');
    const [code] = await Promise.race([
      ended,
      sleep(10_000).then(() => Promise.reject(new Error(`${args.join(' ')} does not end`))),
    ]);
    return { code: code ?? 1, stdout, stderr: await stderr };
  } finally {
    child.kill('SIGKILL');
  }
}
