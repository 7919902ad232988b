import { PreconditionError } from './commandErrors.ts';

const SHOWN_CHARACTERS = 60;

/**
 * What another program answered in JSON; lines of its own words may stand before it. `asked` is the command that gave it. Throws
 * PreconditionError where it is none: an engine or a client that is broken, or another program of that name.
 */
export function parseAnswer<T>(text: string, asked: string): T {
  const at = text.search(/[[{]/);
  try {
    return JSON.parse(text.slice(Math.max(at, 0))) as T;
  } catch {
    const begin = text.trim().slice(0, SHOWN_CHARACTERS);
    throw new PreconditionError({
      what: `${asked} did not answer as it should`,
      why: begin === '' ? 'it said nothing' : `it begins with ${JSON.stringify(begin)}`,
      next: `type ${asked} by itself, and which ${asked.split(' ')[0]}; then ./stack doctor`,
    });
  }
}
