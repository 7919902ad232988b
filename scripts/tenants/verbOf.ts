import { UsageError } from '../lib/commandErrors.ts';

/** What a command does for the verb that was typed. Throws UsageError where it knows none of that name. */
export function verbOf<V>(command: string, verbs: Record<string, V>, typed = ''): V {
  const found = Object.hasOwn(verbs, typed) ? verbs[typed] : undefined;
  if (found !== undefined) return found;
  throw new UsageError({ what: `${command} does not know ${typed}`, next: `./stack ${command} --help` });
}
