import { expect, it } from 'vitest';
import { UsageError } from '../lib/commandErrors.ts';
import { profileOf } from './profiles.ts';

it('takes rate and duration from the flags, and its own where there are none', () => {
  expect(profileOf('steady', {})).toMatchObject({ perSecond: 40, durationSeconds: 120 });
  expect(profileOf('steady', { rate: 7, duration: 9 })).toMatchObject({ perSecond: 7, durationSeconds: 9 });
  expect(profileOf('smoke', { duration: 30 })).toMatchObject({ perSecond: null, durationSeconds: 30 });
});

it('refuses a kind that is not there, and a rate for one that has none, and says what to type', () => {
  for (const [name, flags] of [
    ['spike', {}],
    [undefined, {}],
    ['smoke', { rate: 10 }],
  ] as const) {
    expect(() => profileOf(name, flags)).toThrow(UsageError);
  }
  expect(() => profileOf('smoke', { rate: 10 })).toThrow(
    expect.objectContaining({ next: './stack load steady --rate 10' }),
  );
});
