import { readFile } from 'node:fs/promises';
import { hash, verify } from '@node-rs/bcrypt';
import { createAuthenticator } from '@origin-stack/core/domain/keys/authenticate';
import { createDatabase } from '@origin-stack/core/infra/database';
import { openKeyMarks } from '@origin-stack/core/infra/keyMarks';
import { serviceFiles } from '../embedded/serviceFiles.ts';
import { type BenchPart, ms, times } from './part.ts';
import { spread } from './percentile.ts';

const WARM = 20_000;
const COLD = 500;
const LEGACY_KEYS = 100;
const BCRYPT_COST = 10;

/** Looking a key up, as every request does, against trying it on a hundred bcrypt digests. */
export const keyLookup: BenchPart = {
  name: 'key-lookup',
  title: 'Key look-up',
  async run({ dir, operator, apiKey, step }) {
    const url = await readFile(serviceFiles(dir).urls.api, 'utf8');
    const db = createDatabase({
      url,
      applicationName: 'bench',
      min: 1,
      max: 2,
      acquireTimeoutMs: 5_000,
      maxLifetimeMs: 600_000,
    });
    let reads = 0;
    db.on('query', () => {
      reads += 1;
    });
    try {
      const authenticate = createAuthenticator({
        db,
        pepper: operator.keyring.pepper,
        marks: openKeyMarks(operator.redis, operator.markSlackSeconds),
        nowMs: Date.now,
      });
      // The first use makes the key's mark, the second remembers it.
      for (let use = 0; use < 2; use += 1) await authenticate(apiKey);
      step.update('warm');
      reads = 0;
      const cpu = process.cpuUsage();
      for (let count = 0; count < WARM; count += 1) {
        const verdict = await authenticate(apiKey);
        if (!('key' in verdict)) throw new Error('a good key was refused');
      }
      const used = process.cpuUsage(cpu);
      const warmCpuMs = (used.user + used.system) / 1000 / WARM;
      const warmReads = reads;
      step.update('cold');
      reads = 0;
      const coldMs: number[] = [];
      for (let count = 0; count < COLD; count += 1) {
        authenticate.forget();
        const startMs = performance.now();
        await authenticate(apiKey);
        coldMs.push(performance.now() - startMs);
      }
      const coldReads = reads / COLD;
      step.update('bcrypt');
      const digests = await Promise.all(
        Array.from({ length: LEGACY_KEYS }, (_, index) => hash(`legacy-key-${index}`, { cost: BCRYPT_COST })),
      );
      const startMs = performance.now();
      for (const digest of digests) await verify('legacy-key-none', digest);
      const bcryptMs = performance.now() - startMs;
      const cold = spread(coldMs);
      return [
        { what: 'warm, CPU', value: ms(warmCpuMs), bound: '< 0.1 ms', met: warmCpuMs < 0.1 },
        { what: 'warm, database reads', value: String(warmReads), bound: '0', met: warmReads === 0 },
        { what: 'cold, median', value: ms(cold.p50) },
        { what: 'cold, database reads each', value: String(coldReads), bound: '1', met: coldReads === 1 },
        { what: `a loop over ${LEGACY_KEYS} bcrypt digests (cost ${BCRYPT_COST})`, value: ms(bcryptMs) },
        { what: 'that loop to a cold look-up', value: times(bcryptMs / cold.p50) },
      ];
    } finally {
      await db.destroy();
    }
  },
};
