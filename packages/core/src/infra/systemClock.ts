import type { Clock } from '../domain/ports.ts';

/** `epochMicros` as RFC 3339 in UTC with six fractional digits. */
export function formatMicros(epochMicros: number): string {
  const ms = Math.floor(epochMicros / 1000);
  const micros = String(Math.floor(epochMicros) - ms * 1000).padStart(3, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`;
}

/** How far the monotonic timer may be from the wall clock, which shows whole milliseconds and may be set. */
const DRIFT_MS = 2;

let offsetMs = Date.now() - performance.now();

/** Milliseconds with fractions: the monotonic timer, moved to the wall clock wherever the two part. */
function preciseMs(): number {
  // The timer on both sides of the wall clock: a pause between two looks must not pass for a clock that was set.
  const beforeMs = performance.now();
  const wallMs = Date.now();
  const afterMs = performance.now();
  const isSet = wallMs < beforeMs + offsetMs - DRIFT_MS || wallMs > afterMs + offsetMs + DRIFT_MS;
  if (isSet) offsetMs = wallMs - beforeMs;
  return beforeMs + offsetMs;
}

/** The machine's clock. Its microseconds never go back while the wall clock is not set. */
export const systemClock: Clock = {
  now: () => formatMicros(preciseMs() * 1000),
  epochMs: () => Date.now(),
};
