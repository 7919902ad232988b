import { type Backlog, readBacklog } from '../domain/outbox/outboxStore.ts';
import type { Db } from '../domain/ports.ts';
import type { Metrics } from './metrics.ts';
import { withDeadline } from './withDeadline.ts';

/** Well below what Prometheus gives a scrape: where no connection is free, the pool's own gauges must still arrive. */
const DEADLINE_MS = 500;
const UNKNOWN: Backlog = { waiting: Number.NaN, oldest_seconds: Number.NaN };

/**
 * Gauges of the outbox, read at each scrape, by every process: the worker that should do the work may be the one that is
 * gone. NaN where PostgreSQL does not say in time, so that whatever else is measured is still scraped. One read at a
 * time: scrapes do not queue up for a connection.
 */
export function watchOutbox(metrics: Metrics, db: Db): void {
  let reading: Promise<Backlog> | undefined;
  const read = () => {
    reading ??= readBacklog(db).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  metrics.onScrape(async () => {
    const backlog = await withDeadline(read(), 'the outbox', DEADLINE_MS).catch(() => UNKNOWN);
    metrics.set('outbox_waiting', {}, backlog.waiting);
    metrics.set('outbox_oldest_seconds', {}, backlog.oldest_seconds);
  });
}
