import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateDir } from './stateDir.ts';

const checkEveryMs = 30_000;

/** Looks at the logs now and then; disposing it stops that. */
export function keepLogsBounded(dir: StateDir): AsyncDisposable {
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = boundLogs(dir).catch(() => undefined);
  }, checkEveryMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

/**
 * Copies every log above the size to NAME.log.1 and empties it. The writers have it open for appending, so
 * they go on at its new start; a line written between the two steps is lost, which a log may.
 */
export async function boundLogs(dir: StateDir, options: { maxSizeBytes?: number } = {}): Promise<void> {
  const maxSizeBytes = options.maxSizeBytes ?? 20 << 20;
  for (const name of await readdir(dir.logs)) {
    const file = join(dir.logs, name);
    if (!name.endsWith('.log') || (await stat(file)).size <= maxSizeBytes) continue;
    await copyFile(file, `${file}.1`);
    await truncate(file);
  }
}
