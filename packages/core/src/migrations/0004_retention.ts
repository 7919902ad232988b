import type { Knex } from 'knex';

/** What retention may delete, in batches, across tenants: for the worker alone. Ledger and certificates stay. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create index uploads_received on uploads (received_at);

    create function expired_packs(before timestamptz, most integer) returns table (id uuid, storage_keys text[])
      language sql stable security definer set search_path = public, pg_temp as $$
        select p.id, array(select a ->> 'storage_key' from jsonb_array_elements(p.artifacts) a)
        from evidence_packs p join uploads u on u.id = p.upload_id
        where u.received_at < before limit most $$;

    create function purge_packs(ids uuid[]) returns bigint
      language sql volatile security definer set search_path = public, pg_temp as $$
        with gone as (delete from evidence_packs where id = any(ids) returning 1) select count(*) from gone $$;

    -- The next two lock first and look again in a second statement, which sees what was committed before the locks.
    -- Who asks for a pack or a replay locks the same row: either is seen here, or finds the row gone. One statement
    -- would look before its locks and delete, by the cascade, a request that was answered meanwhile.

    -- An upload goes when its packs are gone, and with them their objects.
    create function purge_uploads(before timestamptz, most integer) returns bigint
      language plpgsql volatile security definer set search_path = public, pg_temp as $$
        declare locked uuid[]; deleted bigint;
        begin
          locked := array(
            select u.id from uploads u where u.received_at < before
              and not exists (select from evidence_packs p where p.upload_id = u.id)
            limit most for update of u skip locked);
          delete from uploads u where u.id = any(locked)
            and not exists (select from evidence_packs p where p.upload_id = u.id);
          get diagnostics deleted = row_count;
          return deleted;
        end $$;

    create function purge_deliveries(before timestamptz, most integer) returns bigint
      language plpgsql volatile security definer set search_path = public, pg_temp as $$
        declare locked uuid[]; deleted bigint;
        begin
          locked := array(
            select e.id from webhook_events e where e.created_at < before
              and not exists (select from webhook_deliveries d where d.event_id = e.id and d.status = 'pending')
            limit most for update of e skip locked);
          delete from webhook_events e where e.id = any(locked)
            and not exists (select from webhook_deliveries d where d.event_id = e.id and d.status = 'pending');
          get diagnostics deleted = row_count;
          return deleted;
        end $$;

    create function purge_outbox(before timestamptz, most integer) returns bigint
      language sql volatile security definer set search_path = public, pg_temp as $$
        with gone as (
          delete from outbox where id in (select o.id from outbox o where o.done_at < before limit most)
          returning 1) select count(*) from gone $$;

    create function purge_idempotency_keys(most integer) returns bigint
      language sql volatile security definer set search_path = public, pg_temp as $$
        with gone as (
          delete from idempotency_keys k using (
            select tenant_id, credential_id, key from idempotency_keys where expires_at < now() limit most) old
          where (k.tenant_id, k.credential_id, k.key) = (old.tenant_id, old.credential_id, old.key)
          returning 1) select count(*) from gone $$;

    revoke all on function expired_packs(timestamptz, integer), purge_packs(uuid[]), purge_uploads(timestamptz, integer),
      purge_deliveries(timestamptz, integer), purge_outbox(timestamptz, integer), purge_idempotency_keys(integer) from public;
    grant execute on function expired_packs(timestamptz, integer), purge_packs(uuid[]), purge_uploads(timestamptz, integer),
      purge_deliveries(timestamptz, integer), purge_outbox(timestamptz, integer), purge_idempotency_keys(integer) to origin_worker;
  `);
}
