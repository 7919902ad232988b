import type { LedgerVerification } from '@origin-stack/contract/ledger';
import { DomainError } from '../domainError.ts';
import type { Db } from '../ports.ts';
import { verifyLedger } from './verifyLedger.ts';

/**
 * Verifies ledgers on demand: callers that ask for one tenant's at the same time share one run, and at most `maxAtOnce`
 * runs go on in a process, since each reads a whole chain. Beyond it: `dependency_unavailable`.
 */
export function createLedgerVerifier(
  deps: { db: Db },
  maxAtOnce: number,
): (tenantId: string) => Promise<LedgerVerification> {
  const running = new Map<string, Promise<LedgerVerification>>();
  return (tenantId) => {
    const shared = running.get(tenantId);
    if (shared) return shared;
    if (running.size >= maxAtOnce) {
      const error = new DomainError('dependency_unavailable', 'Other ledgers are being verified.', {
        retryAfterSeconds: 5,
      });
      return Promise.reject(error);
    }
    const run = verifyLedger(deps, tenantId).finally(() => running.delete(tenantId));
    running.set(tenantId, run);
    return run;
  };
}
