import type { Db } from '../domain/ports.ts';
import { poolState } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { Redis } from './redis.ts';

/** Gauges of the pool and of Redis, read at each scrape. */
export function watchPool(metrics: Metrics, { db, redis, min }: { db: Db; redis: Redis; min: number }): void {
  metrics.onScrape(() => {
    const { size, checkedOut, overflow, waiting } = poolState(db, min);
    const states = { open: size, in_use: checkedOut, overflow, waiting };
    for (const [state, value] of Object.entries(states)) {
      metrics.set('database_pool_connections', { state }, value);
    }
    metrics.set('redis_up', {}, redis.isReady() ? 1 : 0);
  });
}
