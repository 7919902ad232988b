import { z } from 'zod';

/**
 * What no name and no id may hold: control characters, what ends a line, a byte order mark, and Unicode's Bidi_Control,
 * with which a text shows something else than it says. As ranges: readers of the schema know no classes of Unicode.
 */
const UNFIT = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff';

/** Keys and webhook secrets of this service, anywhere in a text and also when their end was cut off. */
const SECRET = /ok_(live|op|svc)_[0-9A-Za-z]{8}_[0-9A-Za-z]{16}|whsec_[0-9A-Za-z+/_-]{16}/;

/** Whether a text holds a key or a secret of ours: sent in the wrong place, it would be stored, logged or published. */
export const holdsSecret = (text: string): boolean => SECRET.test(text);

export const SECRET_MESSAGE = 'looks like a key or a secret of this service, which has no place here';

/** Text of a caller's own that others will read: bounded, in Unicode's characters, and without what {@link UNFIT} names. */
export const freeText = ({ min, max }: { min: number; max: number }) =>
  z
    .string()
    .regex(
      new RegExp(`^[^${UNFIT}]{${min},${max}}$`, 'u'),
      `must be ${min} to ${max} characters, none of them a control character or one that changes the direction of text`,
    )
    .refine((text) => !holdsSecret(text), SECRET_MESSAGE);

/** What an operator calls a tenant or a key. */
export const Label = freeText({ min: 1, max: 200 });
