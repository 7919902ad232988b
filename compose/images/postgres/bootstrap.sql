-- The roles and the database, as packages/core/src/infra/bootstrapDatabase.ts makes them; run at every start.
-- Passwords come from files, so none stands in a command line.
\set ON_ERROR_STOP on
\set owner `cat /run/secrets/owner-password`
\set api `cat /run/secrets/api-password`
\set worker `cat /run/secrets/worker-password`
\set exporter `cat /run/secrets/exporter-password`
-- A failing statement must not write a password into the log.
set log_min_error_statement = panic;
set log_min_duration_statement = -1;
select format('create role %I', name)
from unnest(array['origin_owner', 'origin_api', 'origin_worker', 'origin_exporter']) as name
where not exists (select from pg_roles where rolname = name) \gexec
alter role origin_owner login nosuperuser nobypassrls nocreaterole nocreatedb noreplication password :'owner';
alter role origin_api login nosuperuser nobypassrls nocreaterole nocreatedb noreplication password :'api';
alter role origin_worker login nosuperuser nobypassrls nocreaterole nocreatedb noreplication password :'worker';
alter role origin_exporter login nosuperuser nobypassrls nocreaterole nocreatedb noreplication password :'exporter';
select 'create database origin owner origin_owner'
where not exists (select from pg_database where datname = 'origin') \gexec
revoke all on database origin, postgres, template1 from public;
grant connect on database origin to origin_api, origin_worker, origin_exporter;
grant pg_monitor to origin_exporter;
