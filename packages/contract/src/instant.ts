import { z } from 'zod';

const RFC3339 =
  /^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<time>[0-9]{2}:[0-9]{2}):(?<second>[0-9]{2})(?:\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})$/;

const LEAP_SECOND = '60';

/**
 * The instant that an RFC 3339 date-time names, to the millisecond; undefined where it names none. `t` and `z` may be small
 * (section 5.6). A leap second may end any month in UTC (appendix D); it is taken for the second that follows it,
 * since neither PostgreSQL nor JavaScript has one.
 */
export function instantOf(text: string): Date | undefined {
  const { date, time, second, fraction = '', offset } = RFC3339.exec(text)?.groups ?? {};
  if (date === undefined || time === undefined || second === undefined || offset === undefined)
    return undefined;
  // JavaScript rolls the 30th of February over to March.
  if (!isDay(date) || !(time < '24:00') || !/^(.|[+-]([01].|2[0-3]):[0-5].)$/.test(offset)) return undefined;
  const isLeap = second === LEAP_SECOND;
  const millis = fraction.slice(0, 3).padEnd(3, '0');
  const ms = Date.parse(`${date}T${time}:${isLeap ? '59' : second}.${millis}${offset.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  if (!isLeap) return new Date(ms);
  const next = new Date(ms + 1_000);
  return next.toISOString().slice(8, 19) === '01T00:00:00' ? next : undefined;
}

function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** RFC 3339 with any offset, as somebody sends it. */
export const Rfc3339 = z
  .string()
  .regex(
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$/,
    'must be RFC 3339',
  )
  .refine((text) => instantOf(text) !== undefined, 'names no date and time that exists')
  .meta({ format: 'date-time' });
