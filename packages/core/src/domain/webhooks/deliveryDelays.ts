/** Attempts of one delivery; with the delays between them about 77 hours. */
export const MAX_ATTEMPTS = 24;

const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 6 * 3_600_000;
const LONGEST_PUT_OFF_MS = 5 * 60_000;
const JITTER = 0.2;

/** `random` is a number from 0 to 1; the delay lies within 20 % of its middle. */
function doubling({ attempt, capMs }: { attempt: number; capMs: number }, random: number): number {
  const middleMs = Math.min(FIRST_DELAY_MS * 2 ** (Math.max(1, attempt) - 1), capMs);
  return Math.round(middleMs * (1 + JITTER * (2 * random - 1)));
}

/**
 * How long to wait after the failed `attempt` (from 1): 10 s doubling to 6 h, within 20 %, and at least what the
 * endpoint asked for by `Retry-After`, up to 6 h.
 */
export function retryDelayMs(
  failed: { attempt: number; retryAfterSeconds?: number | undefined },
  random: number,
): number {
  const askedMs = Math.min((failed.retryAfterSeconds ?? 0) * 1000, LONGEST_DELAY_MS);
  return Math.max(doubling({ attempt: failed.attempt, capMs: LONGEST_DELAY_MS }, random), askedMs);
}

/** How long work waits that could not be tried, `runs` times by now: 10 s doubling to 5 min, within 20 %. */
export function putOffDelayMs(runs: number, random: number): number {
  return doubling({ attempt: runs, capMs: LONGEST_PUT_OFF_MS }, random);
}
