/** A value is not what its format says; the message begins with the JSON Pointer of the place. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Reads a value that was parsed from JSON, or throws a {@link ShapeError} that names `at`. */
export type Shape<T> = (value: unknown, at: string) => T;

function refuse(at: string, reason: string): never {
  throw new ShapeError(`${at === '' ? '/' : at}: ${reason}`);
}

/** A finite number within bounds. */
export const number =
  ({
    min = -Number.MAX_VALUE,
    max = Number.MAX_VALUE,
    above = Number.NEGATIVE_INFINITY,
  } = {}): Shape<number> =>
  (value, at) => {
    const fits = typeof value === 'number' && value >= min && value <= max && value > above;
    return fits ? value : refuse(at, `a number is needed${bounds({ min, max, above })}`);
  };

function bounds({ min, max, above }: { min: number; max: number; above: number }): string {
  if (above > Number.NEGATIVE_INFINITY) return ` above ${above}`;
  return min > -Number.MAX_VALUE ? ` from ${min} to ${max}` : '';
}

/** An integer within bounds. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value, at) =>
    Number.isInteger(value) ? number({ min, max })(value, at) : refuse(at, 'an integer is needed');

/** A text that fits the pattern. */
export const text =
  (pattern: RegExp): Shape<string> =>
  (value, at) =>
    typeof value === 'string' && pattern.test(value) ? value : refuse(at, `a text like ${pattern} is needed`);

/** A text that is not empty. */
export const someText: Shape<string> = (value, at) =>
  typeof value === 'string' && value !== '' ? value : refuse(at, 'a text is needed');

/** One of the given texts or numbers. */
export const oneOf =
  <const T extends string | number>(...values: readonly T[]): Shape<T> =>
  (value, at) =>
    values.find((one) => one === value) ?? refuse(at, `one of ${values.join(', ')} is needed`);

/** A list of so many items of one shape. */
export const list =
  <T>(item: Shape<T>, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Shape<T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      refuse(at, min === max ? `a list of ${min} is needed` : 'a list of another length is needed');
    }
    return value.map((one, index) => item(one, `${at}/${index}`));
  };

/** An object of any members of one shape. */
export const record =
  <T>(member: Shape<T>): Shape<Record<string, T>> =>
  (value, at) => {
    const entries = Object.entries(plain(value, at));
    return Object.fromEntries(entries.map(([name, one]) => [name, member(one, `${at}/${name}`)]));
  };

/** An object of exactly these members; of those in `optional` any may be missing. */
export const object =
  <T extends object, O extends object = Record<never, never>>(
    members: { [K in keyof T]: Shape<T[K]> },
    optional?: { [K in keyof O]: Shape<O[K]> },
  ): Shape<T & Partial<O>> =>
  (value, at) => {
    const given = plain(value, at);
    const read: Record<string, unknown> = {};
    const all = { ...members, ...optional } as Record<string, Shape<unknown>>;
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(all, name)) refuse(at, `no member is called ${name}`);
    }
    for (const [name, shape] of Object.entries(all)) {
      const isMissing = !Object.hasOwn(given, name);
      if (isMissing && optional && Object.hasOwn(optional, name)) continue;
      read[name] = isMissing ? refuse(`${at}/${name}`, 'it is missing') : shape(given[name], `${at}/${name}`);
    }
    return read as T & Partial<O>;
  };

function plain(value: unknown, at: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(at, 'an object is needed');
  return value as Record<string, unknown>;
}
