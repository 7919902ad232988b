import pg from 'pg';

const TIMESTAMPTZ = 1184;
const BIGINT = 20;

/** As PostgreSQL writes it under the date style ISO, in whatever time zone: the offset may have minutes and seconds. */
const ISO = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** `2026-11-22 13:45:00.1+00` as `2026-11-22T13:45:00.100000Z`: a Date would lose the microseconds. */
function rfc3339(text: string): string {
  const [, date, clock, fraction = '', sign, hours, minutes = '0', seconds = '0'] = ISO.exec(text) ?? [];
  if (date === undefined) throw new RangeError(`the timestamp ${text} is not of the date style ISO`);
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const whole =
    offset === 0
      ? `${date}T${clock}`
      : new Date(Date.parse(`${date}T${clock}Z`) - Number(`${sign}${offset}`) * 1000)
          .toISOString()
          .slice(0, 19);
  return `${whole}.${fraction.padEnd(6, '0')}Z`;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53-1`);
  return value;
}

/** How values come from PostgreSQL's text. */
export const pgTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ) return rfc3339;
    if (oid === BIGINT) return safeInteger;
    return pg.types.getTypeParser(oid, format);
  },
};
