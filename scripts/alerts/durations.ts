const UNITS_MS = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const PART = /(\d+)(ms|[smhdwy])/g;

/** Milliseconds of a duration as Prometheus writes it (`1h30m`, `15s`). Throws RangeError for anything else. */
export function parseDuration(text: string): number {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) throw new RangeError(`${text} is no duration`);
  return [...text.matchAll(PART)].reduce(
    (sumMs, [, count, unit]) => sumMs + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS],
    0,
  );
}

/** As Prometheus reads it: whole seconds, or milliseconds where it is none. */
export const formatDuration = (ms: number): string =>
  ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.round(ms)}ms`;
