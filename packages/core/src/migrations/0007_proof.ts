import type { Knex } from 'knex';

/** What a decision can be compared with, years later: the artifacts that scored it, its policy, and what retention took. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Published before a decision names it, and kept: a pack holds the models of its decision, loaded still or not.
    create table model_artifacts (
      sha256 text primary key,
      kind text not null,
      version text not null,
      artifact text not null,
      created_at timestamptz not null
    );
    grant select, insert on model_artifacts to origin_api;
    grant select on model_artifacts to origin_worker;
    grant select on policies to origin_worker;

    -- Uploads that were received at this time or before may have been deleted by retention; a younger one that is gone was not.
    create table retention_marks (what text primary key, received_until timestamptz not null);
    grant select on retention_marks to origin_api, origin_worker;
    -- What it deleted until now is older than everything that is left.
    insert into retention_marks select 'uploads', case
      when min(received_at) is not null then min(received_at) - interval '1 microsecond'
      when exists (select from ledger_events where event_type = 'decision.created') then now()
      else 'epoch' end from uploads;

    create or replace function purge_uploads(before timestamptz, most integer) returns bigint
      language plpgsql volatile security definer set search_path = public, pg_temp as $$
        declare locked uuid[]; deleted bigint; newest timestamptz;
        begin
          locked := array(
            select u.id from uploads u where u.received_at < before
              and not exists (select from evidence_packs p where p.upload_id = u.id)
            limit most for update of u skip locked);
          with gone as (
            delete from uploads u where u.id = any(locked)
              and not exists (select from evidence_packs p where p.upload_id = u.id)
            returning u.received_at)
          select count(*), max(received_at) into deleted, newest from gone;
          update retention_marks set received_until = newest where what = 'uploads' and received_until < newest;
          return deleted;
        end $$;
  `);
}
