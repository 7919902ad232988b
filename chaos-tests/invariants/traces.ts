import { createHash } from 'node:crypto';

/** A text that may stand nowhere, and what it is. */
export interface Secret {
  name: string;
  value: string;
}

export interface Place {
  name: string;
  text: string;
}

/** The forms in which a value can lie in a log, a column (bytea shows as hex) or a file. */
function formsOf(value: string): [form: string, text: string][] {
  const bytes = Buffer.from(value, 'utf8');
  // In base64 the first and last characters depend on what stands beside the value: the middle of each alignment does not.
  const base64 = [0, 1, 2].map((offset): [string, string] => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return [
      `base64 at ${offset}`,
      text.slice(offset === 0 ? 0 : 4, Math.floor(((offset + bytes.length) * 8) / 24) * 4),
    ];
  });
  const forms: [string, string][] = [
    ['clear', value],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    ['URL', encodeURIComponent(value)],
    ['hex', bytes.toString('hex')],
    ...base64,
    ...base64.map(([form, text]): [string, string] => [
      `${form}url`,
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
    ['SHA-256', createHash('sha256').update(bytes).digest('hex')],
  ];
  return forms.filter(([, text]) => text.length >= 8);
}

/** Where any of the secrets stands in any form: which, in what form, where; never the secret itself. */
export function findTraces(secrets: Secret[], places: Place[]): string[] {
  const wanted = secrets.flatMap(({ name, value }) =>
    formsOf(value).map(([form, text]) => ({ name, form, text: text.toLowerCase() })),
  );
  return places.flatMap((place) => {
    const text = place.text.toLowerCase();
    return wanted
      .filter((one) => text.includes(one.text))
      .map((one) => `${one.name} as ${one.form} in ${place.name}`);
  });
}
