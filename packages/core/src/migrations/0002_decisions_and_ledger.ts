import type { Knex } from 'knex';

/** Subjects, policies, uploads, certificates and the ledger. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- identifier: encrypted under the subject's own key. wrapped_keys: its data and commitment keys, wrapped by the key provider.
    create table subjects (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      kind text not null check (kind in ('account', 'device')),
      blind_index bytea not null check (length(blind_index) = 32),
      blind_key_id text not null,
      identifier bytea,
      wrapped_keys text,
      account_created_at timestamptz,
      created_at timestamptz not null
    );
    create unique index subjects_blind_index on subjects (tenant_id, kind, blind_index);
    call wall('subjects');
    grant select, insert, update (account_created_at) on subjects to origin_api;

    create table policies (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      name text not null,
      version integer not null check (version > 0),
      document_json text not null,
      sha256 text not null,
      created_at timestamptz not null,
      unique (tenant_id, name, version)
    );
    call wall('policies');
    grant select, insert on policies to origin_api;

    create table uploads (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      external_id text not null,
      body_mac bytea not null,
      account_id uuid not null,
      device_id uuid,
      pvid text not null,
      content_sha256 text not null,
      media_type text not null,
      size_bytes bigint,
      metadata bytea,
      decision text not null check (decision in ('allow', 'review', 'quarantine', 'reject')),
      risk_score double precision not null,
      anomaly_score double precision not null,
      policy_id uuid not null references policies,
      decision_inputs_json text not null,
      certificate_id uuid not null,
      correlation_id text not null,
      ledger_sequence bigint not null,
      received_at timestamptz not null
    );
    create unique index uploads_external_id on uploads (tenant_id, external_id);
    create index uploads_newest on uploads (tenant_id, id);
    -- The tenant leads, since every query names it: without it a planner that has no statistics yet combines these with uploads_newest
    -- and reads all that a tenant has.
    create index uploads_account on uploads (tenant_id, account_id, received_at);
    create index uploads_device on uploads (tenant_id, device_id, received_at) where device_id is not null;
    create index uploads_pvid on uploads (pvid);
    -- Prior outcomes are counted over all time: without these a busy account would be read in full for every ingest.
    create index uploads_account_outcome on uploads (tenant_id, account_id, decision) where decision in ('quarantine', 'reject');
    create index uploads_pvid_outcome on uploads (pvid, tenant_id, decision) where decision in ('quarantine', 'reject');
    call wall('uploads');
    grant select, insert on uploads to origin_api;
    grant select on uploads to origin_worker;

    create table risk_signals (
      tenant_id uuid not null,
      upload_id uuid not null references uploads on delete cascade,
      position smallint not null,
      rule text not null,
      input text not null,
      detail text not null
    );
    create index risk_signals_upload on risk_signals (tenant_id, upload_id);
    call wall('risk_signals');
    grant select, insert on risk_signals to origin_api;
    grant select on risk_signals to origin_worker;

    create table certificates (
      id uuid primary key,
      tenant_id uuid not null references tenants,
      upload_id uuid not null,
      kid text not null references signing_keys,
      jws text not null,
      created_at timestamptz not null
    );
    call wall('certificates');
    grant select, insert on certificates to origin_api;
    grant select on certificates to origin_worker;

    -- A table of its own: the lock on the head blocks nobody's foreign key.
    create table ledger_heads (
      tenant_id uuid primary key references tenants,
      sequence bigint not null check (sequence >= 0),
      head_hash text not null
    );
    call wall('ledger_heads');
    grant select, update on ledger_heads to origin_api, origin_worker;

    create table ledger_events (
      tenant_id uuid not null,
      sequence bigint not null check (sequence > 0),
      event_id uuid not null,
      event_type text not null,
      event_timestamp timestamptz not null,
      upload_id uuid,
      canonical_event_json text not null,
      prev_hash text not null,
      event_hash text not null,
      primary key (tenant_id, sequence)
    );
    create index ledger_events_upload on ledger_events (tenant_id, upload_id) where upload_id is not null;
    call wall('ledger_events');
    grant select, insert on ledger_events to origin_api, origin_worker;

    -- Which model versions a tenant's ledger has named already.
    create table model_loads (
      tenant_id uuid not null references tenants,
      kind text not null,
      version text not null,
      primary key (tenant_id, kind, version)
    );
    call wall('model_loads');
    grant select, insert on model_loads to origin_api;
  `);
}
