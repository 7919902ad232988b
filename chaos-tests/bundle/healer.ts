import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { mainFile } from '../product/runStack.ts';

/** Somebody may hold the bundle's lock by then (exit 4), and is waited for. */
const HEALER = `tail --pid="$1" -f /dev/null; shift
for attempt in $(seq 150); do "$@"; [ $? = 4 ] || exit; sleep 2; done`;

/** The arguments of a shell that runs `command` when the process `pid` is gone, again while that says that it is locked. */
export const whenGoneArgv = (pid: number, command: string[]): string[] => [
  ...['sh', '-c', HEALER, 'sh', String(pid)],
  ...command,
];

/** What heals this bundle, and no other, when this process is gone. */
export const healerArgv = (dir: BundleDir): string[] =>
  whenGoneArgv(process.pid, [process.execPath, mainFile, 'chaos', '--heal', ...dir.named]);

/** A process of its own that heals when this one is gone, however it went. */
export function healWhenGone(dir: BundleDir) {
  mkdirSync(dir.reports, { recursive: true });
  const log = openSync(join(dir.reports, 'chaos-heal.log'), 'a', 0o644);
  const [program = '', ...argv] = healerArgv(dir);
  const child = spawn(program, argv, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  return { kill: () => void process.kill(-(child.pid ?? 0), 'SIGKILL') };
}
