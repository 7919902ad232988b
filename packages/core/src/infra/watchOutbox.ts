import { readBacklog } from '../domain/outbox/outboxStore.ts';
import type { Db } from '../domain/ports.ts';
import type { Metrics } from './metrics.ts';
import { withDeadline } from './withDeadline.ts';

const DEADLINE_MS = 2_000;
const UNKNOWN = { waiting: Number.NaN, oldest_seconds: Number.NaN };

/**
 * Gauges of the outbox, read at each scrape, by every process: the worker that should do the work may be the one that is
 * gone. NaN where PostgreSQL does not say, so that whatever else is measured is still scraped.
 */
export function watchOutbox(metrics: Metrics, db: Db): void {
  metrics.onScrape(async () => {
    const backlog = await withDeadline(readBacklog(db), 'the outbox', DEADLINE_MS).catch(() => UNKNOWN);
    metrics.set('outbox_waiting', {}, backlog.waiting);
    metrics.set('outbox_oldest_seconds', {}, backlog.oldest_seconds);
  });
}
