import type { Knex } from 'knex';

/** The outbox, evidence packs, webhooks and repeated requests. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Work that must happen. A row is done when its effect is recorded, in the same transaction, not when it was enqueued.
    -- claim counts the hand-outs and fences older ones; running is the one run that may act until lease_until.
    create table outbox (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      name text not null,
      payload jsonb not null,
      correlation_id text not null,
      available_at timestamptz not null,
      claim integer not null default 0,
      running uuid,
      lease_until timestamptz,
      attempts integer not null default 0,
      done_at timestamptz,
      last_error text,
      created_at timestamptz not null
    );
    create index outbox_due on outbox (available_at) where done_at is null;
    create index outbox_done on outbox (done_at) where done_at is not null;
    call wall('outbox');
    grant select, insert, update on outbox to origin_api, origin_worker;

    -- Hands out due work of all tenants, once each, and again when its lease has run out.
    create function claim_outbox(most integer, lease interval)
      returns table (id uuid, tenant_id uuid, name text, claim integer)
      language sql volatile security definer set search_path = public, pg_temp as $$
        update outbox o set claim = o.claim + 1, running = null, lease_until = now() + lease
        from (
          select d.id from outbox d
          where d.done_at is null and d.available_at <= now() and (d.lease_until is null or d.lease_until < now())
          order by d.available_at limit most for update skip locked
        ) due
        where o.id = due.id
        returning o.id, o.tenant_id, o.name, o.claim $$;
    revoke all on function claim_outbox(integer, interval) from public;
    grant execute on function claim_outbox(integer, interval) to origin_worker;

    create function outbox_backlog() returns table (waiting bigint, oldest_seconds double precision)
      language sql stable security definer set search_path = public, pg_temp as $$
        select count(*), coalesce(extract(epoch from now() - min(available_at)), 0)
        from outbox where done_at is null and available_at <= now() $$;
    revoke all on function outbox_backlog() from public;
    grant execute on function outbox_backlog() to origin_worker, origin_api;

    create table evidence_packs (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      upload_id uuid not null references uploads on delete cascade,
      status text not null check (status in ('pending', 'ready', 'failed')),
      jwks_json text,
      ledger_sequence bigint,
      manifest_jws text,
      artifacts jsonb not null default '[]',
      error text,
      correlation_id text not null,
      created_at timestamptz not null
    );
    create index evidence_packs_status on evidence_packs (status) where status = 'pending';
    create index evidence_packs_upload on evidence_packs (upload_id);
    call wall('evidence_packs');
    grant select, insert on evidence_packs to origin_api;
    grant select, update on evidence_packs to origin_worker;

    create table webhooks (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      url text not null,
      events text[] not null,
      description text,
      secret bytea not null,
      previous_secret bytea,
      previous_retires_at timestamptz,
      is_active boolean not null default true,
      disabled_reason text,
      failing_since timestamptz,
      created_at timestamptz not null
    );
    create index webhooks_tenant on webhooks (tenant_id, id);
    call wall('webhooks');
    grant select, insert, update, delete on webhooks to origin_api;
    grant select, update on webhooks to origin_worker;

    create table webhook_events (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      type text not null,
      data_json text not null,
      correlation_id text not null,
      created_at timestamptz not null
    );
    create index webhook_events_age on webhook_events (created_at);
    call wall('webhook_events');
    grant select, insert on webhook_events to origin_api, origin_worker;
    -- A replay locks its event for key share, which needs update on a column: the one that its deliveries hold fast.
    grant update (id) on webhook_events to origin_api;

    create table webhook_deliveries (
      id uuid primary key,
      tenant_id uuid not null,
      webhook_id uuid not null references webhooks on delete cascade,
      event_id uuid not null references webhook_events on delete cascade,
      status text not null check (status in ('pending', 'delivered', 'dead')),
      attempts integer not null default 0,
      next_attempt_at timestamptz,
      last_status integer,
      last_error text,
      created_at timestamptz not null,
      delivered_at timestamptz,
      unique (webhook_id, event_id)
    );
    create index webhook_deliveries_newest on webhook_deliveries (webhook_id, id);
    create index webhook_deliveries_event on webhook_deliveries (event_id);
    call wall('webhook_deliveries');
    grant select, insert, update on webhook_deliveries to origin_api, origin_worker;

    create table idempotency_keys (
      tenant_id uuid not null references tenants,
      credential_id uuid not null,
      key text not null,
      request_mac bytea not null,
      status integer,
      reply_json text,
      lease_until timestamptz not null,
      expires_at timestamptz not null,
      primary key (tenant_id, credential_id, key)
    );
    create index idempotency_keys_expiry on idempotency_keys (expires_at);
    call wall('idempotency_keys');
    grant select, insert, update, delete on idempotency_keys to origin_api;
  `);
}
