import { randomBytes } from 'node:crypto';
import { bootstrapDatabase, ROLES, type RolePasswords } from '@origin-stack/core/infra/bootstrapDatabase';
import { migrate } from '@origin-stack/core/infra/migrate';

export const templateDatabase = 'origin_template';

/** Connection data that the run hands to every test file; the role passwords hold for all its databases. */
export type TestPostgres = { superuserUrl: string; rolePasswords: RolePasswords };

/** Makes the roles and the migrated template database that each test file's own is cloned from. */
export async function prepareTemplate(superuserUrl: string): Promise<TestPostgres> {
  const rolePasswords = { owner: randomPassword(), api: randomPassword(), worker: randomPassword() };
  await bootstrapDatabase(superuserUrl, { database: templateDatabase, passwords: rolePasswords });
  const postgres = { superuserUrl, rolePasswords };
  await migrate(roleUrl(postgres, { role: 'owner', database: templateDatabase }));
  return postgres;
}

/** The connection URL of one of the product's roles to a database of the run's server. */
export function roleUrl(
  postgres: TestPostgres,
  target: { role: keyof RolePasswords; database: string },
): string {
  const url = new URL(postgres.superuserUrl);
  url.username = ROLES[target.role];
  url.password = encodeURIComponent(postgres.rolePasswords[target.role]);
  url.pathname = `/${target.database}`;
  return url.href;
}

function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}
