import { randomBytes } from 'node:crypto';
import { bootstrapDatabase } from '@origin-stack/core/infra/embedded/bootstrapDatabase';
import pg from 'pg';

export const templateDatabase = 'origin_template';

/** Connection data that the run hands to every test file; the role passwords hold for all its databases. */
export type TestPostgres = {
  superuserUrl: string;
  ownerUrl: string;
  rolePasswords: { api: string; worker: string };
};

/** Brings an empty database, reached by its owner's URL, to the current schema. */
export type Migrate = (
  ownerUrl: string,
  options: { rolePasswords: TestPostgres['rolePasswords'] },
) => Promise<void>;

/**
 * Makes the owner, the login roles `origin_api` and `origin_worker`, and the template database that test
 * databases are cloned from, migrated by `migrate` where one is given.
 */
export async function prepareTemplate(superuserUrl: string, migrate?: Migrate): Promise<TestPostgres> {
  const ownerUrl = await bootstrapDatabase({
    superuserUrl,
    database: templateDatabase,
    owner: 'origin_owner',
    ownerPassword: randomPassword(),
  });
  const rolePasswords = { api: randomPassword(), worker: randomPassword() };
  await createServiceRoles(ownerUrl, rolePasswords);
  await migrate?.(ownerUrl, { rolePasswords });
  return { superuserUrl, ownerUrl, rolePasswords };
}

async function createServiceRoles(ownerUrl: string, passwords: TestPostgres['rolePasswords']): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const [name, password] of Object.entries(passwords)) {
      await client.query(`CREATE ROLE origin_${name} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
      await client.query(`GRANT CONNECT ON DATABASE ${templateDatabase} TO origin_${name}`);
    }
  } finally {
    await client.end();
  }
}

function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}
