import { readdir, readFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';

/**
 * Stops a process with SIGSTOP and waits until every thread of it stands still. kill(2) returns before that: on a busy
 * host a thread on another processor goes on to answer what comes in meanwhile. SIGCONT lets it go on.
 */
export async function suspend(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(async () => (await threadStates(pid)).every((state) => state === 'T'), { pollMs: 1 });
}

/** The third field of proc_pid_stat(5), which stands behind the name in brackets: names may hold any character. */
async function threadStates(pid: number): Promise<(string | undefined)[]> {
  const tasks = `/proc/${pid}/task`;
  const stats = (await readdir(tasks)).map((id) => readFile(`${tasks}/${id}/stat`, 'utf8'));
  return (await Promise.all(stats)).map((stat) => stat.slice(stat.lastIndexOf(')') + 1).trim()[0]);
}
