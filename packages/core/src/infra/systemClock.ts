import type { Clock } from '../domain/ports.ts';

/** `epochMicros` as RFC 3339 in UTC with six fractional digits. */
export function formatMicros(epochMicros: number): string {
  const ms = Math.floor(epochMicros / 1000);
  const micros = String(Math.floor(epochMicros) - ms * 1000).padStart(3, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`;
}

/** The machine's clock. Microseconds come from the monotonic timer, its offset from the wall clock. */
export const systemClock: Clock = {
  now() {
    const ms = Date.now();
    const micros = Math.floor((performance.now() % 1) * 1000);
    return formatMicros(ms * 1000 + micros);
  },
  epochMs: () => Date.now(),
};
