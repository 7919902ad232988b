import { applyRetention } from '@origin-stack/core/domain/retention/applyRetention';
import { describeError } from '@origin-stack/core/infra/log';
import type { WorkerDeps } from './wire.ts';

const EVERY_MS = 3_600_000;
const FIRST_AFTER_MS = 60_000;

/** Applies retention every hour, the first time a minute after the start. Two workers at once do no harm. */
export function startRetention(deps: WorkerDeps): { stop(): Promise<void> } {
  let running = Promise.resolve();
  const run = async () => {
    try {
      const deleted = await applyRetention(deps, {
        uploads: deps.settings.RETENTION_UPLOADS_DAYS,
        deliveries: deps.settings.RETENTION_DELIVERIES_DAYS,
        outbox: deps.settings.RETENTION_OUTBOX_DAYS,
      });
      for (const [what, count] of Object.entries(deleted)) {
        deps.metrics.count('retention_deleted_total', { what }, count);
      }
      deps.log.info(deleted, 'retention was applied');
    } catch (error) {
      deps.log.warn(
        { err: describeError(error) },
        'retention could not be applied; it is tried again in an hour',
      );
    }
  };
  const begin = () => {
    running = run();
  };
  const first = setTimeout(begin, FIRST_AFTER_MS);
  const timer = setInterval(begin, EVERY_MS);
  return {
    async stop() {
      clearTimeout(first);
      clearInterval(timer);
      await running;
    },
  };
}
