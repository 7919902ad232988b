import { existsSync } from 'node:fs';
import { PreconditionError } from './commandErrors.ts';

/** Throws where a file is there that a key would be written to: it may hold the only copy of another one. */
export function refuseExisting(file: string): void {
  if (!existsSync(file)) return;
  throw new PreconditionError({ what: `${file} is there already`, next: 'name a new file with --out' });
}
