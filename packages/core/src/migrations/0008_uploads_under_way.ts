import type { Knex } from 'knex';

/** What velocities count before it is committed: uploads whose decision is being made. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Unlogged: nobody waits for the disk, and after a crash of the server nothing is under way. Who died without
    -- releasing its row counts for a minute, as hold_upload says. The wall knows the tenant; nothing else is referred to.
    create unlogged table uploads_under_way (
      tenant_id uuid not null,
      external_id text not null,
      id uuid not null,
      account_id uuid not null,
      device_id uuid,
      begun_at timestamptz not null,
      primary key (tenant_id, external_id)
    );
    create index uploads_under_way_account on uploads_under_way (tenant_id, account_id);
    create index uploads_under_way_device on uploads_under_way (tenant_id, device_id) where device_id is not null;
    call wall('uploads_under_way');
    grant select, insert, update, delete on uploads_under_way to origin_api;

    -- How many uploads of an account and of a device the last 24 hours have seen or are seeing, at the most 10,000 each; the
    -- one of this external id is under way from then on, and not counted. Callers of one account or device come one after
    -- the other here, until their transaction ends: each of these statements sees what was committed before its turn.
    create function hold_upload(tenant uuid, external text, hold uuid, account uuid, device uuid) returns integer[]
      -- The table is small at each look of the statistics, and full of rows that are gone in between.
      language plpgsql volatile set enable_seqscan = off as $$
        declare turn bigint;
        begin
          for turn in
            select distinct hashtextextended(s::text, 0) from unnest(array[account, device]) s where s is not null order by 1
          loop
            perform pg_advisory_xact_lock(turn);
          end loop;
          insert into uploads_under_way (tenant_id, external_id, id, account_id, device_id, begun_at)
            values (tenant, external, hold, account, device, clock_timestamp())
            on conflict (tenant_id, external_id) do update
              set id = excluded.id, account_id = excluded.account_id, device_id = excluded.device_id, begun_at = excluded.begun_at;
          return array[
            least(10000,
              (select count(*) from (select from uploads u where u.tenant_id = tenant and u.account_id = account
                and u.received_at > now() - interval '24 hours' limit 10000) c) +
              (select count(*) from uploads_under_way w where w.tenant_id = tenant and w.account_id = account
                and w.external_id <> external and w.begun_at > now() - interval '60 seconds')),
            least(10000,
              (select count(*) from (select from uploads u where u.tenant_id = tenant and u.device_id = device
                and u.received_at > now() - interval '24 hours' limit 10000) c) +
              (select count(*) from uploads_under_way w where w.tenant_id = tenant and w.device_id = device
                and w.external_id <> external and w.begun_at > now() - interval '60 seconds'))];
        end $$;

    create function purge_uploads_under_way(most integer) returns bigint
      language sql volatile security definer set search_path = public, pg_temp as $$
        with gone as (
          delete from uploads_under_way u using (
            select tenant_id, external_id from uploads_under_way where begun_at < now() - interval '1 hour' limit most) old
          where (u.tenant_id, u.external_id) = (old.tenant_id, old.external_id)
          returning 1) select count(*) from gone $$;

    revoke all on function hold_upload(uuid, text, uuid, uuid, uuid), purge_uploads_under_way(integer) from public;
    grant execute on function hold_upload(uuid, text, uuid, uuid, uuid) to origin_api;
    grant execute on function purge_uploads_under_way(integer) to origin_worker;
  `);
}
