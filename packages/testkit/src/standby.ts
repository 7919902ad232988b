import { execFile } from 'node:child_process';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresServer } from '@origin-stack/core/infra/embedded/postgresServer';
import pg from 'pg';
import { startTestPostgres } from './testServers.ts';

/** What a copy of a running server must not have (PostgreSQL 17, 25.3.4.3); the directories must be there, empty. */
const LEFT_OUT = { files: ['postmaster.pid', 'postmaster.opts'], directories: ['pg_wal', 'pg_replslot'] };

/** Starts a server that follows `primary` and takes no writes, from a base backup of it. */
export async function startTestStandby(primary: PostgresServer): Promise<PostgresServer> {
  const { superuserUrl } = primary;
  return await startTestPostgres({
    superuserPassword: decodeURIComponent(new URL(superuserUrl).password),
    fillDataDir: (dataDir) => copyCluster(superuserUrl, dataDir),
  });
}

async function copyCluster(superuserUrl: string, dataDir: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const source: string = (await client.query('show data_directory')).rows[0].data_directory;
    await client.query("select pg_backup_start('standby', fast => true)");
    // With its owner, who is the user that the server runs as.
    await promisify(execFile)('cp', ['-a', source, dataDir]);
    const { rows } = await client.query('select labelfile from pg_backup_stop(wait_for_archive => false)');
    for (const name of LEFT_OUT.files) await rm(join(dataDir, name), { force: true });
    const { uid, gid } = await stat(source);
    for (const name of LEFT_OUT.directories) {
      await rm(join(dataDir, name), { recursive: true });
      await mkdir(join(dataDir, name), { mode: 0o700 });
      await chown(join(dataDir, name), uid, gid);
    }
    const { hostname, port, username, password } = new URL(superuserUrl);
    const conninfo = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`;
    const written = {
      backup_label: rows[0].labelfile,
      'standby.signal': '',
      'postgresql.auto.conf': `primary_conninfo = '${conninfo}'\n`,
    };
    for (const [name, text] of Object.entries(written)) {
      await writeFile(join(dataDir, name), text);
      await chown(join(dataDir, name), uid, gid);
    }
  } finally {
    await client.end();
  }
}
