import { readFileSync } from 'node:fs';

/**
 * Begins to count how much of this machine's processor time its host gave to others (`steal` of proc_stat(5)). What it gives
 * says which share it was since then, from 0 to 1; null where the kernel counts none. Times that were measured while much was
 * stolen say little of what was measured.
 */
export function countStolenTime(stat: () => string = readProcStat): () => number | null {
  const before = read(stat());
  return () => {
    const now = read(stat());
    if (!before || !now || now.all <= before.all) return null;
    return (now.stolen - before.stolen) / (now.all - before.all);
  };
}

/** In words for a report. */
export const stolenInWords = (share: number | null): string =>
  share === null ? 'unknown' : `${(share * 100).toFixed(1)} %`;

function readProcStat(): string {
  try {
    return readFileSync('/proc/stat', 'utf8');
  } catch {
    return '';
  }
}

/** `cpu  user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user already. */
function read(text: string): { all: number; stolen: number } | undefined {
  const counts = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').slice(0, 8).map(Number);
  if (counts?.length !== 8) return undefined;
  return { all: counts.reduce((sum, count) => sum + count, 0), stolen: counts[7] ?? 0 };
}
