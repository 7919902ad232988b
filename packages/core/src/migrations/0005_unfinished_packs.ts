import type { Knex } from 'knex';

/** What the first four left open: objects of packs that were never finished, and a helper that anybody could call. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- A pack that failed half-way has stored objects and lists none. Where they are follows from its id.
    create or replace function expired_packs(before timestamptz, most integer) returns table (id uuid, storage_keys text[])
      language sql stable security definer set search_path = public, pg_temp as $$
        select p.id, array(select p.tenant_id || '/' || p.id || '/' || name
          from unnest(array['pack.zip', 'report.pdf', 'evidence.json']) name)
        from evidence_packs p join uploads u on u.id = p.upload_id
        where u.received_at < before limit most $$;

    revoke all on procedure wall(regclass, text) from public;
  `);
}
