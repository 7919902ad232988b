import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc (USER_HZ), which is 100 on every Linux that Node runs on (proc(5), sysconf). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

interface Stat {
  pid: number;
  parent: number;
  cpuSeconds: number;
  rssBytes: number;
}

/** Every process, from /proc. */
function allStats(): Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      try {
        return [readStat(Number(name))];
      } catch {
        return [];
      }
    });
}

function readStat(pid: number): Stat {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and parentheses: fields are counted behind its last one.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return {
    pid,
    parent: fields[1] ?? 0,
    cpuSeconds: (utime + stime + cutime + cstime) / TICKS_PER_SECOND,
    rssBytes: (fields[21] ?? 0) * PAGE_BYTES,
  };
}

function familyOf(root: number): Stat[] {
  const stats = allStats();
  const family = stats.filter((stat) => stat.pid === root);
  for (let index = 0; index < family.length; index += 1) {
    family.push(...stats.filter((stat) => stat.parent === family[index]?.pid));
  }
  return family;
}

/** CPU seconds of a process and everything below it, ended children included. */
export const familyCpuSeconds = (pid: number): number =>
  familyOf(pid).reduce((sum, stat) => sum + stat.cpuSeconds, 0);

/**
 * Memory that a process and everything below it hold for themselves, in bytes: the proportional set size, so that
 * pages that PostgreSQL's processes share are counted once.
 */
export function familyMemoryBytes(pid: number): number {
  return familyOf(pid).reduce((sum, stat) => sum + proportionalBytes(stat), 0);
}

function proportionalBytes({ pid, rssBytes }: Stat): number {
  try {
    const kilobytes = /^Pss:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kilobytes === undefined ? rssBytes : Number(kilobytes) * 1024;
  } catch {
    return rssBytes;
  }
}
