import type { Db } from '../domain/ports.ts';
import { poolState } from './database.ts';
import type { Metrics } from './metrics.ts';
import type { Redis } from './redis.ts';

interface WatchedPool {
  db: Db;
  redis: Pick<Redis, 'isReady' | 'refusal'>;
  /** As the pool was made. */
  min: number;
  max: number;
}

/** Gauges of the pool and of Redis, read at each scrape. */
export function watchPool(metrics: Metrics, { db, redis, min, max }: WatchedPool): void {
  metrics.set('database_pool_max_connections', {}, max);
  metrics.onScrape(() => {
    const { size, checkedOut, overflow, waiting } = poolState(db, min);
    const states = { open: size, in_use: checkedOut, overflow, waiting };
    for (const [state, value] of Object.entries(states)) {
      metrics.set('database_pool_connections', { state }, value);
    }
    metrics.set('redis_up', {}, redis.isReady() && redis.refusal() === undefined ? 1 : 0);
  });
}
