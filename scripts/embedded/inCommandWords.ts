import { ServerFailure, ServerRefusal } from '@origin-stack/core/infra/embedded/serverFailure';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';

/** Runs `work`, and turns what a server says of why it does not run here into an error for the terminal. */
export async function inCommandWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const parts = { what: error.message, next: error.next };
    const Kind = error instanceof ServerRefusal ? PreconditionError : CommandError;
    throw new Kind(parts, { cause: error });
  }
}
