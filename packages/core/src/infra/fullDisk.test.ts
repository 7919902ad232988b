import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PostgresServer } from '@origin-stack/core/infra/embedded/postgresServer';
import { startTestPostgres } from '@origin-stack/testkit/testServers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../domain/ports.ts';
import { createDatabase, requireWritable } from './database.ts';
import { isDatabaseAway, NoRoomError } from './databaseErrors.ts';

const isRoot = process.getuid?.() === 0;

/** Writes until not a page more is taken: the server may need one meanwhile. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const bytes of [1 << 20, 4_096]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}

describe.skipIf(!isRoot)(
  `a database whose disk is full${isRoot ? '' : ' (skipped: needs root, to mount one)'}`,
  () => {
    let dir = '';
    let server: PostgresServer;
    let db: Db;
    beforeAll(async () => {
      server = await startTestPostgres({
        fillDataDir: async (dataDir) => {
          dir = dirname(dataDir);
          const options = 'size=256m,mode=711';
          execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'origin-full', dir]);
        },
      });
      db = createDatabase({
        url: server.superuserUrl,
        applicationName: 'full-disk-test',
        min: 0,
        max: 4,
        acquireTimeoutMs: 10_000,
        maxLifetimeMs: 600_000,
      });
      await db.raw('create table notes (text text)');
      await db.raw('alter table notes alter text set storage plain');
    });
    afterAll(async () => {
      await db?.destroy();
      // Its stop removes the folder, which no file system may be mounted on then.
      const stopped = server?.stop();
      execFileSync('umount', ['--lazy', dir]);
      await stopped;
    });

    const write = () => db.raw("insert into notes select repeat('x', 4000) from generate_series(1, 200)");

    it('reads and is not ready, says why, and is ready again with room', async () => {
      await write();
      await requireWritable(db);
      const ballast = join(dir, 'ballast');
      fill(ballast);
      await expect(write()).rejects.toSatisfy(isDatabaseAway);
      expect((await db('notes').count('* as notes').first())?.notes).toBe(200);
      await expect(requireWritable(db)).rejects.toThrow(NoRoomError);
      rmSync(ballast);
      await requireWritable(db);
      await write();
    });
  },
);
