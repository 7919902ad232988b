import pg from 'pg';

export const ROLES = { owner: 'origin_owner', api: 'origin_api', worker: 'origin_worker' } as const;

export type RolePasswords = Record<keyof typeof ROLES, string>;

/**
 * As the superuser: makes the login roles and the database, which the owner role owns. None is a superuser
 * or bypasses row-level security. A second call sets the passwords and changes nothing else.
 */
export async function bootstrapDatabase(
  superuserUrl: string,
  options: { database: string; passwords: RolePasswords },
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    for (const [part, role] of Object.entries(ROLES)) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      const password = client.escapeLiteral(options.passwords[part as keyof typeof ROLES]);
      const verb = rowCount ? 'alter' : 'create';
      await client.query(
        `${verb} role ${role} login nosuperuser nobypassrls nocreaterole nocreatedb password ${password}`,
      );
    }
    const { rowCount } = await client.query('select from pg_database where datname = $1', [options.database]);
    const name = client.escapeIdentifier(options.database);
    if (!rowCount) await client.query(`create database ${name} owner ${ROLES.owner}`);
    await client.query(`revoke all on database ${name} from public`);
    await client.query(`grant connect on database ${name} to ${ROLES.api}, ${ROLES.worker}`);
  } finally {
    await client.end();
  }
}
