import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CHECKOUT } from '../../lib/checkout.ts';
import type { TheBundle } from './theBundle.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one of the operators' commands; what it prints is kept apart. */
export async function runStack(args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, ['scripts/main.ts', ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** The same, on the bundle under test. */
export const stackOf =
  (bundle: TheBundle) =>
  (...args: string[]): Promise<Ran> =>
    runStack([...args, '--state-dir', bundle.dir.root]);
