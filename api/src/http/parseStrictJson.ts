const MAX_DEPTH = 64;

/** Where in the text, and what is not acceptable there. */
export class StrictJsonError extends Error {
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super(message);
    this.name = 'StrictJsonError';
    this.pointer = pointer;
  }
}

/**
 * Parses JSON (RFC 8259) and refuses what readers understand differently (RFC 7493, I-JSON): duplicate members,
 * integers beyond 2^53-1, numbers that are not finite, lone surrogates, a byte order mark, and nesting beyond 64 levels.
 * Throws {@link StrictJsonError}.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StrictJsonError('', 'is not valid JSON');
  }
  scan(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text.startsWith('\ufeff')) throw new StrictJsonError('', 'begins with a byte order mark');
    return text;
  } catch (error) {
    if (error instanceof StrictJsonError) throw error;
    throw new StrictJsonError('', 'is not UTF-8');
  }
}

interface Level {
  /** The names seen in an object; null in an array. */
  names: Set<string> | null;
  /** The member or index that is being read. */
  at: string;
  index: number;
  expectsName: boolean;
}

/** Tokens of a text that JSON.parse took: strings, numbers, and what opens, closes and parts. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[{}[\],]/g;

/** Walks the tokens of valid JSON; the grammar is known to hold. */
function scan(text: string): void {
  const levels: Level[] = [];
  const pointer = () =>
    levels.map((level) => `/${level.at.replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      if (levels.length === MAX_DEPTH)
        throw new StrictJsonError(pointer(), `is nested beyond ${MAX_DEPTH} levels`);
      const isObject = token === '{';
      levels.push({
        names: isObject ? new Set() : null,
        at: isObject ? '' : '0',
        index: 0,
        expectsName: isObject,
      });
    } else if (token === '}' || token === ']') {
      levels.pop();
    } else if (token === ',') {
      if (level) next(level);
    } else if (token.startsWith('"')) {
      const value: string = JSON.parse(token);
      if (!value.isWellFormed()) throw new StrictJsonError(pointer(), 'holds a lone surrogate');
      if (level?.names && level.expectsName) name(level, value, pointer);
    } else {
      number(token, pointer);
    }
  }
}

function next(level: Level): void {
  if (level.names) level.expectsName = true;
  else level.at = String(++level.index);
}

function name(level: Level, value: string, pointer: () => string): void {
  level.at = value;
  if (level.names?.has(value)) throw new StrictJsonError(pointer(), 'stands twice in its object');
  level.names?.add(value);
  level.expectsName = false;
}

function number(token: string, pointer: () => string): void {
  const value = Number(token);
  if (!Number.isFinite(value)) throw new StrictJsonError(pointer(), 'is too large a number');
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?[0-9]+$/.test(token)) {
    throw new StrictJsonError(pointer(), 'is an integer beyond 2^53-1');
  }
}
