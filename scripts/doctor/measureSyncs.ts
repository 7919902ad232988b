import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const WRITES = 100;
/** A page of PostgreSQL's write-ahead log. */
const PAGE = Buffer.alloc(8_192, 1);

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
