import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataPlaces } from '../dataPlaces.ts';
import { type DoctorContext, defineCheck, warning } from '../doctorCheck.ts';

const WRITES = 100;
/** A page of PostgreSQL's write-ahead log. */
const PAGE = Buffer.alloc(8_192, 1);
const P99_MS = 10;

/** Every acknowledged write waits for one such sync. */
export const syncTime = defineCheck({
  name: 'sync-time',
  rule: `99 of 100 writes are on the disk within ${P99_MS} ms`,
  needs: 'host',
  async detect(context) {
    const place = await writablePlace(context);
    if (place === undefined) return [];
    const p99 = await measureSyncs(place);
    if (p99 < P99_MS) return [];
    const what = `of ${WRITES} writes (fdatasync) at ${place} the slowest but one took ${p99.toFixed(1)} ms`;
    return [warning(what, 'put the data on a faster disk, or look who else writes: iostat -x 1')];
  },
});

async function writablePlace(context: DoctorContext): Promise<string | undefined> {
  for (const place of dataPlaces(context)) {
    const folder = await mkdtemp(join(place, '.origin-doctor-')).catch(() => undefined);
    if (folder === undefined) continue;
    await rm(folder, { recursive: true });
    return place;
  }
  return undefined;
}

/** Writes and syncs pages, and gives the 99th percentile in milliseconds. */
export async function measureSyncs(place: string): Promise<number> {
  const folder = await mkdtemp(join(place, '.origin-doctor-'));
  try {
    await using file = await open(join(folder, 'pages'), 'w');
    const times: number[] = [];
    for (let at = 0; at < WRITES; at += 1) {
      const startMs = performance.now();
      await file.write(PAGE);
      await file.datasync();
      times.push(performance.now() - startMs);
    }
    return times.sort((one, other) => one - other)[Math.ceil(WRITES * 0.99) - 1] ?? 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
