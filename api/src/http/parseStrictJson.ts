import { refuseAmbiguousJson } from './refuseAmbiguousJson.ts';
import { StrictJsonError } from './strictJsonError.ts';

const MAX_DEPTH = 64;

/**
 * Parses JSON (RFC 8259) and refuses what readers understand differently (RFC 7493, I-JSON): duplicate members,
 * integers beyond 2^53-1, numbers that are not finite, lone surrogates, a byte order mark, nesting beyond 64 levels,
 * and members called `__proto__`, which some copies lose without a word. Throws {@link StrictJsonError}.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  // First, since JSON.parse would build half a million arrays before anybody looked at them.
  refuseDepth(text);
  const value = parse(text);
  refuseAmbiguousJson(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StrictJsonError('', 'is not UTF-8');
  }
  if (text.startsWith('\ufeff')) throw new StrictJsonError('', 'begins with a byte order mark');
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StrictJsonError('', 'is not valid JSON');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside strings; the grammar is not known to hold yet. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) at += code === BACKSLASH ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) throw new StrictJsonError('', `is nested beyond ${MAX_DEPTH} levels`);
  }
}
