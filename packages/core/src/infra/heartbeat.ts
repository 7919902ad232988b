import { writeSync } from 'node:fs';

const EVERY_MS = 1_000;

/**
 * Tells the watchdog each second that the event loop turns, by a byte into the descriptor that it gave us; with 0
 * there is no watchdog, and nothing to do. It ends with the process.
 */
export function startHeartbeat(fd: number): void {
  if (fd === 0) return;
  const beat = () => {
    try {
      writeSync(fd, '.');
      // Somebody may have stopped the watchdog itself, which then would watch nobody; it ignores what wakes it up.
      process.kill(process.ppid, 'SIGCONT');
    } catch {
      // A full pipe has beats enough, and where the reader is gone nobody listens.
    }
  };
  beat();
  setInterval(beat, EVERY_MS).unref();
}
