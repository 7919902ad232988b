import { randomBytes } from 'node:crypto';
import { ROLES } from '@origin-stack/core/infra/bootstrapDatabase';
import pg from 'pg';
import { inject } from 'vitest';
import { eventually } from './eventually.ts';
import { roleUrl, templateDatabase } from './postgres.ts';

/** An own, migrated database: URLs of its owner and of the two services' roles. */
export type TestDatabase = {
  name: string;
  ownerUrl: string;
  apiUrl: string;
  workerUrl: string;
  superuserUrl: string;
  drop: (options?: { drainDeadlineMs?: number }) => Promise<void>;
};

/**
 * Clones the migrated template into a database of the calling test file's own. `drop` removes it and fails
 * when the test has left connections open.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const postgres = inject('postgres');
  const { superuserUrl } = postgres;
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asSuperuser(superuserUrl, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase} OWNER ${ROLES.owner}`);
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${ROLES.api}, ${ROLES.worker}`);
  });
  const ofDatabase = new URL(superuserUrl);
  ofDatabase.pathname = `/${name}`;
  return {
    name,
    ownerUrl: roleUrl(postgres, { role: 'owner', database: name }),
    apiUrl: roleUrl(postgres, { role: 'api', database: name }),
    workerUrl: roleUrl(postgres, { role: 'worker', database: name }),
    superuserUrl: ofDatabase.href,
    drop: ({ drainDeadlineMs = 5000 } = {}) =>
      asSuperuser(superuserUrl, (client) => dropDatabase(client, { name, drainDeadlineMs })),
  };
}

type DropOptions = { name: string; drainDeadlineMs: number };

async function dropDatabase(client: pg.Client, { name, drainDeadlineMs }: DropOptions): Promise<void> {
  // A closed pool's sessions end a moment later on the server: only what stays is a leak.
  const leak = await eventually(() => assertNoSessions(client, name), { deadlineMs: drainDeadlineMs }).catch(
    (error: Error) => error,
  );
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  if (leak instanceof Error) throw leak;
}

async function assertNoSessions(client: pg.Client, name: string): Promise<void> {
  const sessions = await client.query(
    'SELECT usename, application_name, query FROM pg_stat_activity WHERE datname = $1',
    [name],
  );
  if (sessions.rows.length > 0) {
    throw new Error(`${sessions.rows.length} connections were left open: ${JSON.stringify(sessions.rows)}`);
  }
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
