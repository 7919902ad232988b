import { StrictJsonError } from './strictJsonError.ts';

/** An object or array that is being read. */
interface Level {
  isObject: boolean;
  expectsName: boolean;
  /** The member that is being read; its place is `index`. */
  name: string;
  index: number;
  /** The names so far, where there is more than one: most objects are too small to be worth a set. */
  names: Set<string> | null;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** No integer of so few characters is beyond 2^53-1. */
const SAFE_CHARACTERS = 15;

/**
 * Walks the characters of a text that JSON.parse took, so that the grammar is known to hold, and throws
 * {@link StrictJsonError} where two readers would understand two things. One look at each character: a regular
 * expression that gives token after token takes a second of the event loop for a MiB of `1,1,1`.
 */
export function refuseAmbiguousJson(text: string): void {
  // Levels are used again: half a million arrays need no half a million of them.
  const levels: Level[] = [];
  let depth = 0;
  let level: Level | undefined;
  const path = () => pointer(levels.slice(0, depth));
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= SPACE) continue;
    if (code === COMMA) {
      if (level?.isObject) level.expectsName = true;
      else if (level) level.index += 1;
    } else if (code === QUOTE) {
      const end = stringEnd(text, at);
      const isName = level?.expectsName === true;
      // A name that is not text has no pointer of its own: its object is pointed at.
      const place = isName ? () => pointer(levels.slice(0, depth - 1)) : path;
      const escaped = isEscaped(text, at, end) ? unescaped(text.slice(at, end + 1), place) : undefined;
      if (level && isName) name(level, escaped ?? text.slice(at + 1, end), path);
      at = end;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const end = numberEnd(text, at);
      if (end - at > SAFE_CHARACTERS || hasExponent(text, at, end)) number(text.slice(at, end), path);
      at = end - 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      level = begin(levels[depth], code === OPEN_OBJECT);
      levels[depth] = level;
      depth += 1;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      level = levels[depth - 1];
    }
  }
}

function begin(used: Level | undefined, isObject: boolean): Level {
  if (!used) return { isObject, expectsName: isObject, name: '', index: 0, names: null };
  used.isObject = isObject;
  used.expectsName = isObject;
  used.index = 0;
  used.names = null;
  return used;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}

function isEscaped(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) === BACKSLASH) return true;
  return false;
}

/** What a string says. UTF-8 cannot carry half a surrogate pair, an escape can. */
function unescaped(token: string, path: () => string): string {
  const value = String(JSON.parse(token));
  if (!value.isWellFormed()) throw new StrictJsonError(path(), 'holds a lone surrogate');
  return value;
}

function name(level: Level, value: string, path: () => string): void {
  if (level.index > 0) level.names ??= new Set([level.name]);
  const isKnown = level.names?.has(value) === true;
  level.name = value;
  level.expectsName = false;
  level.index += 1;
  if (isKnown) throw new StrictJsonError(path(), 'stands twice in its object');
  if (value === '__proto__') throw new StrictJsonError(path(), 'is not a name that a member may have');
  level.names?.add(value);
}

/** Behind a number stands white space, a comma, a bracket or the end: none is one of its own characters. */
function numberEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); isOfNumber(code); code = text.charCodeAt(at)) at += 1;
  return at;
}

const isOfNumber = (code: number): boolean =>
  (code >= ZERO && code <= NINE) || code === DOT || code === MINUS || code === PLUS || isExponent(code);

const isExponent = (code: number): boolean => code === 0x65 || code === 0x45;

/** Five characters are enough for a number that is not finite: 1e400. */
function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (isExponent(text.charCodeAt(at))) return true;
  return false;
}

function number(token: string, path: () => string): void {
  const value = Number(token);
  if (!Number.isFinite(value)) throw new StrictJsonError(path(), 'is too large a number');
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return;
  if (/^-?[0-9]+$/.test(token)) throw new StrictJsonError(path(), 'is an integer beyond 2^53-1');
}

function pointer(levels: Level[]): string {
  return levels
    .map(({ isObject, name, index }) => (isObject ? name : String(index)))
    .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
