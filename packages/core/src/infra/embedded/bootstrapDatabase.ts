import pg from 'pg';

/** `database` is made if it is not there and belongs to the login role `owner`. */
export type BootstrapOptions = {
  superuserUrl: string;
  database: string;
  owner: string;
  ownerPassword: string;
};

/**
 * Makes the owner role and its database, or sets the password again when they are there; returns the owner's
 * connection URL. The owner may create roles (migrations make the services' own) but is no superuser and
 * does not pass row-level security.
 */
export async function bootstrapDatabase(options: BootstrapOptions): Promise<string> {
  const client = new pg.Client({ connectionString: options.superuserUrl });
  await client.connect();
  try {
    const owner = pg.escapeIdentifier(options.owner);
    const database = pg.escapeIdentifier(options.database);
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [options.owner]);
    if (role.rowCount === 0) await client.query(`CREATE ROLE ${owner}`);
    await client.query(
      `ALTER ROLE ${owner} LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS
       PASSWORD ${pg.escapeLiteral(options.ownerPassword)}`,
    );
    const existing = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [options.database]);
    if (existing.rowCount === 0) await client.query(`CREATE DATABASE ${database} OWNER ${owner}`);
    await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  } finally {
    await client.end();
  }
  const url = new URL(options.superuserUrl);
  url.username = options.owner;
  url.password = encodeURIComponent(options.ownerPassword);
  url.pathname = `/${options.database}`;
  return url.href;
}
