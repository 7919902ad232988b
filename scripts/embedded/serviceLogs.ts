import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StateDir } from './stateDir.ts';

export type LogLine = { service: string; line: string };

const tailBytesMax = 4 << 20;
const followEveryMs = 200;

/** The services that have a log, sorted. */
export async function listLogs(dir: StateDir): Promise<string[]> {
  const names = await readdir(dir.logs).catch(() => []);
  return names
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -'.log'.length))
    .sort();
}

/** Prints the last lines of each log, and with `follow` what comes, until the signal aborts. */
export async function readLogs(
  dir: StateDir,
  options: { services: string[]; lines: number; follow: boolean; signal: AbortSignal },
  print: (line: LogLine) => void,
): Promise<void> {
  const followed = await Promise.all(
    options.services.map(async (service) => {
      const file = join(dir.logs, `${service}.log`);
      const { lines, offset } = await readTail(file, options.lines);
      for (const line of lines) print({ service, line });
      return { service, file, offset };
    }),
  );
  while (options.follow && !options.signal.aborted) {
    for (const log of followed) {
      const { lines, offset } = await readFrom(log.file, log.offset);
      log.offset = offset;
      for (const line of lines) print({ service: log.service, line });
    }
    await delay(followEveryMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

async function readTail(file: string, count: number): Promise<{ lines: string[]; offset: number }> {
  const { size } = await stat(file);
  const from = Math.max(0, size - tailBytesMax);
  const { lines, offset } = await readFrom(file, from);
  // A start in the middle of the file is a start in the middle of a line.
  const whole = from > 0 ? lines.slice(1) : lines;
  return { lines: count === 0 ? [] : whole.slice(-count), offset };
}

/** The complete lines after an offset; a line without its end is left for the next look. */
async function readFrom(file: string, from: number): Promise<{ lines: string[]; offset: number }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    // Shorter than before: it was emptied because it had grown too big.
    const start = size < from ? 0 : from;
    const buffer = Buffer.alloc(Math.min(size - start, tailBytesMax));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const end = buffer.lastIndexOf(0x0a, bytesRead) + 1;
    const text = buffer.toString('utf8', 0, end);
    return { lines: text === '' ? [] : text.slice(0, -1).split('\n'), offset: start + end };
  } finally {
    await handle.close();
  }
}
