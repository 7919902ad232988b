import type { LedgersVerification } from '@origin-stack/contract/ledger';
import { verifyLedgers } from '@origin-stack/core/domain/ledger/verifyLedgers';
import type { Core } from '@origin-stack/core/infra/openCore';

export interface LedgerVerification {
  /** Undefined where a run is under way. Rejects where it could not look at every ledger. */
  run(): Promise<LedgersVerification> | undefined;
  /** Ends the run that is under way, which then has no result. */
  stop(): Promise<void>;
}

/**
 * Verifies the ledgers of all tenants when it is asked to, one run at a time, and leaves the result in the log and the
 * metrics. A run goes on where who asked for it went away.
 */
export function openLedgerVerification(
  deps: Pick<Core, 'db' | 'clock' | 'metrics' | 'log'>,
): LedgerVerification {
  const stopping = new AbortController();
  let running: Promise<LedgersVerification> | undefined;

  async function verify(): Promise<LedgersVerification> {
    const result = await verifyLedgers(deps, stopping.signal);
    const { failures, ...counts } = result;
    deps.metrics.set('ledger_verification_failures', {}, failures.length);
    deps.metrics.set('ledger_verified_timestamp_seconds', {}, Math.floor(deps.clock.epochMs() / 1000));
    for (const failure of failures) deps.log.error(failure, 'a ledger does not verify');
    deps.log.info({ ...counts, failures: failures.length }, 'the ledgers were verified');
    return result;
  }

  return {
    run() {
      if (running) return undefined;
      running = verify().finally(() => {
        running = undefined;
      });
      return running;
    },
    async stop() {
      stopping.abort();
      await running?.catch(() => {});
    },
  };
}
