import { Problem } from '@origin-stack/contract/errors';
import type { Attempt } from '../workloads/ingestLoad.ts';
import type { Invariant } from './aftermath.ts';

/** Whoever was not acknowledged was told to come again, by a problem that says nothing of what broke (RFC 9457). */
export const failsCleanly: Invariant = async ({ attempts }) =>
  attempts
    .filter((attempt) => attempt.outcome !== 'acknowledged' && !isToldToComeAgain(attempt))
    .map(({ request, status, error }) => `${request.external_id}: ${status ?? 'no answer'} ${error}`);

function isToldToComeAgain({ status, error }: Attempt): boolean {
  if (status !== 503) return false;
  try {
    return Problem.parse(JSON.parse(error ?? '')).error === 'dependency_unavailable';
  } catch {
    return false;
  }
}
