import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  what: string;
  deadlineMs: number;
  signal: AbortSignal;
}

const EVERY_MS = 250;

/** Looks until the condition holds, and says in which seconds it did. Throws at the deadline, with the last failure. */
export async function until(
  look: () => Promise<boolean>,
  { what, deadlineMs, signal }: UntilOptions,
): Promise<number> {
  const beganMs = performance.now();
  for (;;) {
    let failure = 'it does not hold';
    try {
      if (await look()) return Number(((performance.now() - beganMs) / 1000).toFixed(1));
    } catch (error) {
      failure = (error as Error).message;
    }
    if (performance.now() - beganMs > deadlineMs) {
      throw new Error(`${what}: not within ${deadlineMs / 1000} s: ${failure}`);
    }
    await pause(EVERY_MS, undefined, { signal });
  }
}
