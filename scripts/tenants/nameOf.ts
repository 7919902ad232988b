import { Label } from '@origin-stack/contract/freeText';
import { UsageError } from '../lib/commandErrors.ts';

/** The name that an operator gives a tenant or a key. Throws UsageError, which does not repeat it, where it cannot be one. */
export function nameOf(given: string): string {
  const { data, error } = Label.safeParse(given);
  if (data !== undefined) return data;
  throw new UsageError({ what: 'the name cannot be taken', why: `it ${error?.issues[0]?.message}` });
}
