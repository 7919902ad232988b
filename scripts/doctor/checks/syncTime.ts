import { dataPlaces } from '../dataPlaces.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

const P99_MS = 10;

/** Every acknowledged write waits for one such sync. */
export const syncTime = defineCheck({
  name: 'sync-time',
  rule: `99 of 100 writes are on the disk within ${P99_MS} ms`,
  needs: 'host',
  async detect(context) {
    for (const place of dataPlaces(context)) {
      const p99 = await context.host.syncP99(place);
      // Where this user may not write, the next place tells.
      if (p99 === undefined) continue;
      if (p99 < P99_MS) return [];
      const what = `99 of 100 writes at ${place} are on the disk (fdatasync) within ${p99.toFixed(1)} ms, not ${P99_MS}`;
      return [warning(what, 'put the data on a faster disk, or look who else writes: iostat -x 1')];
    }
    return [];
  },
});
