import type { Knex } from 'knex';

/** Tenants, API keys, signing keys, and the wall around every tenant's rows. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create function app_tenant() returns uuid language sql stable parallel safe as
      $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;

    -- The wall: a row is seen and written only in a transaction that named its tenant.
    create procedure wall(target regclass, tenant_column text default 'tenant_id') language plpgsql as $$
      begin
        execute format('alter table %s enable row level security', target);
        execute format('create policy tenant_wall on %s using (%I = (select app_tenant())) with check (%I = (select app_tenant()))',
          target, tenant_column, tenant_column);
      end $$;

    create table tenants (
      id uuid primary key,
      name text not null check (length(name) between 1 and 200),
      ip_allowlist text[] not null default '{}',
      created_at timestamptz not null
    );
    call wall('tenants', 'id');
    grant select on tenants to origin_api, origin_worker;

    create table api_keys (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      prefix text not null check (length(prefix) = 8),
      digest bytea check (length(digest) = 32),
      pepper_id text,
      legacy_digest text,
      name text not null check (length(name) between 1 and 200),
      scopes jsonb not null check (jsonb_typeof(scopes) = 'array'),
      is_active boolean not null default true,
      expires_at timestamptz,
      revoked_at timestamptz,
      last_used_at timestamptz,
      created_at timestamptz not null,
      check ((digest is null) <> (legacy_digest is null)),
      check ((digest is null) = (pepper_id is null))
    );
    create index api_keys_prefix on api_keys (prefix);
    call wall('api_keys');
    grant select, update (last_used_at, digest, pepper_id, legacy_digest, prefix) on api_keys to origin_api;

    -- The one read that comes before the tenant is known. At most 8, so that legacy prefixes cost a bounded number of compares.
    create function find_api_keys(wanted text)
      returns table (id uuid, tenant_id uuid, prefix text, digest bytea, pepper_id text, legacy_digest text, name text, scopes jsonb,
        is_active boolean, expires_at timestamptz, ip_allowlist text[])
      language sql stable security definer set search_path = public, pg_temp as $$
        select k.id, k.tenant_id, k.prefix, k.digest, k.pepper_id, k.legacy_digest, k.name, k.scopes, k.is_active, k.expires_at, t.ip_allowlist
        from api_keys k join tenants t on t.id = k.tenant_id
        where k.prefix = wanted order by k.is_active desc, k.id limit 8 $$;
    revoke all on function find_api_keys(text) from public;
    grant execute on function find_api_keys(text) to origin_api;

    -- Public keys of the whole installation. A retired key stays: certificates verify for ever.
    create table signing_keys (
      kid text primary key,
      jwk jsonb not null,
      provider text not null,
      created_at timestamptz not null
    );
    grant select, insert on signing_keys to origin_api, origin_worker;

    -- Fingerprints that tie the database to its keys: a wrong key file is found before it does harm.
    create table key_fingerprints (
      name text primary key,
      key_id text not null,
      fingerprint text not null,
      created_at timestamptz not null
    );
    grant select, insert on key_fingerprints to origin_api, origin_worker;
  `);
}
