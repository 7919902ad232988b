import { whyNoEngine } from '../bundle/noEngine.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { askEngine } from './engineState.ts';

/** Throws PreconditionError where no engine answers. */
export async function requireEngine(signal: AbortSignal): Promise<void> {
  if ((await askEngine(signal)).answers) return;
  throw new PreconditionError(whyNoEngine(''));
}
