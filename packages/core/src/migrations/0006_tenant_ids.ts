import type { Knex } from 'knex';

/** Whose ledgers there are to verify: ids alone, a page at a time, for the worker. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create or replace function tenant_ids(behind uuid, most integer) returns setof uuid
      language sql stable security definer set search_path = public, pg_temp as $$
        select id from tenants where id > behind order by id limit most $$;
    revoke all on function tenant_ids(uuid, integer) from public;
    grant execute on function tenant_ids(uuid, integer) to origin_worker;
  `);
}
