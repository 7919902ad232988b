import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { identifyProcess } from '../lib/processIdentity.ts';

/**
 * What a pid file is worth: `none` there is none, `stale` its process is gone or is another program that was
 * given the number since, `alive` it names a running process of the program.
 */
export type PidFile = { verdict: 'none' | 'stale' } | { verdict: 'alive'; pid: number };

/** Judges the pid file of `program` (the name of its executable). */
export function judgePidFile(path: string, program: string): PidFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { verdict: 'none' };
  }
  const pid = Number(text.trim());
  // An empty or broken file is what a crash between creating and writing leaves.
  if (!Number.isInteger(pid) || pid <= 0 || !identifyProcess(pid)) return { verdict: 'stale' };
  return programOf(pid) === program ? { verdict: 'alive', pid } : { verdict: 'stale' };
}

/** The name a process was started by; the link to its executable would be gone after an upgrade. */
function programOf(pid: number): string {
  try {
    return basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '');
  } catch {
    return '';
  }
}
