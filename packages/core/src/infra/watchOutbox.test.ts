import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestPool, openTestPools, type TestPools } from '../testing/openTestPools.ts';
import { poolState } from './database.ts';
import { createMetrics } from './metrics.ts';
import { watchOutbox } from './watchOutbox.ts';

/** What Prometheus gives a scrape where alerts are scaled down for chaos. */
const SHORTEST_SCRAPE_MS = 2_000;

let pools: TestPools;
beforeAll(async () => {
  pools = await openTestPools();
});
afterAll(() => pools.close());

it('a pool without a free connection holds up no scrape, and scrapes do not queue up for one', async () => {
  const db = openTestPool(pools.database.apiUrl, 1);
  const holder = await db.transaction();
  try {
    const metrics = createMetrics('test');
    watchOutbox(metrics, db);
    const waiting = async () =>
      Number(/^outbox_waiting\{service="test"\} (\S+)$/m.exec(await metrics.scrape())?.[1]);
    for (let round = 0; round < 3; round += 1) {
      const startMs = performance.now();
      expect(await waiting()).toBeNaN();
      expect(performance.now() - startMs).toBeLessThan(SHORTEST_SCRAPE_MS);
    }
    expect(poolState(db, 0).waiting).toBe(1);
    await holder.rollback();
    await eventually(async () => expect(await waiting()).toBe(0));
  } finally {
    if (!holder.isCompleted()) await holder.rollback();
    await db.destroy();
  }
});
