import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instantOf, Rfc3339 } from './instant.ts';
import { GivenTimestamp } from './primitives.ts';

describe('a date-time of RFC 3339', () => {
  /** Those of its section 5.8 first. */
  it.each([
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
    ['1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z'],
    ['2024-05-01t10:00:00z', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01t10:00:00+23:59', '2024-04-30T10:01:00.000Z'],
    ['2024-05-01T10:00:00-00:00', '2024-05-01T10:00:00.000Z'],
    ['2016-12-31T23:59:60.999z', '2017-01-01T00:00:00.999Z'],
    ['2024-02-29T00:00:00.1234567890123Z', '2024-02-29T00:00:00.123Z'],
  ])('%s is %s', (text, instant) => {
    expect(instantOf(text)?.toISOString()).toBe(instant);
    expect(Rfc3339.safeParse(text).success).toBe(true);
    expect(GivenTimestamp.safeParse(text).success).toBe(true);
  });

  it.each([
    '2024-05-01',
    '2024-05-01 10:00:00Z',
    '2024-05-01T10:00:00',
    '2024-05-01T10:00Z',
    '2024-05-01T10:00:00.Z',
    '2024-05-01T10:00:00,5Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T10:60:00Z',
    '2024-05-01T10:00:61Z',
    '2024-05-01T10:00:60Z',
    '2024-05-30T23:59:60Z',
    '2024-06-30T23:59:60+01:00',
    '2024-00-01T10:00:00Z',
    '2024-13-01T10:00:00Z',
    '2024-02-30T10:00:00Z',
    '2023-02-29T10:00:00Z',
    '2024-05-01T10:00:00+24:00',
    '2024-05-01T10:00:00+10:60',
    '2024-05-01T10:00:00+1000',
    '+002024-05-01T10:00:00Z',
    '2024-05-01T10:00:00Z ',
    '２024-05-01T10:00:00Z',
    '',
  ])('is not %j', (text) => {
    expect(instantOf(text)).toBeUndefined();
    expect(Rfc3339.safeParse(text).success).toBe(false);
  });

  it('is read as JavaScript reads it, in every form that both know', () => {
    const ofDate = fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(ofDate, (date) => {
        expect(instantOf(date.toISOString())).toEqual(date);
        expect(instantOf(date.toISOString().toLowerCase())).toEqual(date);
      }),
    );
  });

  it('is a date-time in the schema, too', () => {
    for (const schema of [Rfc3339, GivenTimestamp]) {
      expect(z.toJSONSchema(schema)).toMatchObject({ type: 'string', format: 'date-time' });
    }
  });
});
