import { DomainError } from '@origin-stack/core/domain/domainError';
import { CommandError, UsageError } from './commandErrors.ts';

/** Runs work of the domain; its refusals become errors for the terminal. */
export async function fromDomain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'validation_failed') throw new UsageError({ what: error.message }, { cause: error });
    throw new CommandError({ what: error.message }, { cause: error });
  }
}
