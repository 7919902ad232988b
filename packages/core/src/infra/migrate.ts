import knex, { type Knex } from 'knex';
import pg from 'pg';
import { MIGRATIONS } from '../migrations/index.ts';
import { trackTrust } from './connectionTrust.ts';
import { MIGRATION_SESSION, openSession } from './databaseSession.ts';
import { postgresConnection } from './postgresConnection.ts';
import { StartError } from './runProcess.ts';
import { TenantClient } from './tenantClient.ts';
import type { TlsIdentity } from './tlsIdentity.ts';

/** Any constant: the advisory lock that one migrator at a time holds. */
const MIGRATION_LOCK = 7_246_001;

const source = {
  getMigrations: async () => MIGRATIONS,
  getMigrationName: (migration: (typeof MIGRATIONS)[number]) => migration.name,
  getMigration: async (migration: (typeof MIGRATIONS)[number]) => ({
    up: migration.up,
    down: async () => {
      throw new Error('migrations go forward only');
    },
  }),
};

const silent = () => {};

/** What fails is thrown: knex would print the whole text of the migration beside it. */
const openForMigration = (ownerUrl: string, tls: TlsIdentity | undefined) =>
  knex({
    client: TenantClient as unknown as typeof Knex.Client,
    connection: postgresConnection(tls, ownerUrl),
    pool: { min: 0, max: 1 },
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    trust: trackTrust(),
    session: MIGRATION_SESSION,
  } as Knex.Config);

/**
 * Brings the database to the newest schema and returns the names of what it ran; nothing when it was there.
 * Two at once: the second waits for the advisory lock, which dies with its session, and then finds nothing to do.
 * Behind a pooler no session is ours, and the lock would stay with one of its own: refused with {@link StartError}.
 */
export async function migrate(ownerUrl: string, tls?: TlsIdentity): Promise<string[]> {
  const guard = new pg.Client({ ...postgresConnection(tls, ownerUrl), application_name: 'origin-migrate' });
  await guard.connect();
  const db = openForMigration(ownerUrl, tls);
  try {
    const { isDirect } = await openSession(guard, MIGRATION_SESSION);
    if (!isDirect) {
      throw new StartError(
        'DATABASE_URL leads to a pooler: the schema is changed under a lock of the session, which a pooler keeps for nobody; ' +
          "give the owner's URL the address of PostgreSQL itself",
      );
    }
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // knex's own lock is a row that outlives a killed process; under the advisory lock it can only be a stale one.
    await db.migrate.forceFreeMigrationsLock({ migrationSource: source });
    const [, names] = (await db.migrate.latest({ migrationSource: source })) as [number, string[]];
    return names;
  } finally {
    await db.destroy();
    await guard.end();
  }
}

/** Names of the migrations that the database lacks. */
export async function pendingMigrations(ownerUrl: string, tls?: TlsIdentity): Promise<string[]> {
  const db = openForMigration(ownerUrl, tls);
  try {
    const [, pending] = (await db.migrate.list({ migrationSource: source })) as [unknown, { name: string }[]];
    return pending.map((migration) => migration.name);
  } finally {
    await db.destroy();
  }
}
