import type { JsonValue } from './jsonValue.ts';

/** Deeper nesting than this is refused, so that hostile input ends in a TypeError and not in a full stack. */
const maxDepth = 500;

/**
 * Writes `value` as canonical text by RFC 8785: no white space, keys sorted by UTF-16 code units, numbers as
 * ECMAScript prints them. Its UTF-8 is what hashes and signatures cover.
 *
 * Strict, because what is dropped or rounded in silence is not what was signed. Throws a `TypeError` whose
 * message holds the JSON Pointer (RFC 6901) of the first of: undefined, function, symbol, bigint, an object
 * that is not plain (Map, Date, class instances), a sparse array or one with extra members, a non-finite
 * number, an integer beyond 2^53-1, a lone surrogate in a value or a key, nesting over 500, a cycle.
 */
export function canonicalJson(value: JsonValue): string {
  return writeValue(value, []);
}

function writeValue(value: unknown, path: Array<string | number>): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, path);
    case 'number':
      return writeNumber(value, path);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (path.length >= maxDepth) throw refuse(`nesting over ${maxDepth}, or a cycle`, []);
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
    default:
      throw refuse(`${typeof value} is not JSON`, path);
  }
}

function writeString(text: string, path: Array<string | number>): string {
  if (!text.isWellFormed()) throw refuse('lone surrogate in a string', path);
  return JSON.stringify(text);
}

function writeNumber(number: number, path: Array<string | number>): string {
  if (!Number.isFinite(number)) throw refuse(`${number} is not JSON`, path);
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    throw refuse('integer beyond 2^53-1', path);
  }
  return JSON.stringify(number);
}

function writeArray(array: unknown[], path: Array<string | number>): string {
  if (Object.getPrototypeOf(array) !== Array.prototype) throw refuse('not a plain array', path);
  if (Reflect.ownKeys(array).length !== array.length + 1) throw refuse('sparse or extended array', path);
  let text = '[';
  for (const [index, item] of array.entries()) {
    path.push(index);
    text += (index === 0 ? '' : ',') + writeValue(item, path);
    path.pop();
  }
  return `${text}]`;
}

function writeObject(object: object, path: Array<string | number>): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refuse(`${nameOf(object)} is not a plain object`, path);
  }
  if (Object.getOwnPropertySymbols(object).length > 0) throw refuse('symbol as a key', path);
  let text = '{';
  // The default sort compares UTF-16 code units, which is the order that RFC 8785 section 3.2.3 asks for.
  for (const key of Object.keys(object).sort()) {
    path.push(key);
    if (!key.isWellFormed()) throw refuse('lone surrogate in a key', path);
    const member = writeValue((object as Record<string, unknown>)[key], path);
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${member}`;
    path.pop();
  }
  return `${text}}`;
}

function nameOf(object: object): string {
  return Object.prototype.toString.call(object).slice(8, -1);
}

function refuse(reason: string, path: Array<string | number>): TypeError {
  const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return new TypeError(`not canonical JSON at "${pointer}": ${reason}`);
}
