import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPools, type TestPools } from '../testing/openTestPools.ts';

let pools: TestPools;
beforeAll(async () => {
  pools = await openTestPools();
});
afterAll(() => pools.close());

const column = async (sql: string, bindings: string[] = []): Promise<string[]> => {
  const { rows } = await pools.owner.raw(sql, bindings);
  return rows.map((row: { value: string }) => row.value);
};

/** Tables of the whole installation: no row of theirs is a tenant's. */
const WITHOUT_TENANT = [
  'key_fingerprints',
  'knex_migrations',
  'knex_migrations_lock',
  'model_artifacts',
  'retention_marks',
  'signing_keys',
];

describe('the wall', () => {
  it('stands around every table: one that names no tenant is on a short list', async () => {
    const tables = await column(`
      select c.relname as value from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and c.relname <> 'tenants' and not exists (
          select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
      order by 1`);
    expect(tables).toEqual(WITHOUT_TENANT);
  });

  it('is up in every table of tenants: row-level security is on, with one policy for all commands', async () => {
    const { rows } = await pools.owner.raw(`
      select c.relname, c.relrowsecurity as enabled, p.polcmd as command, p.polpermissive as permissive,
        pg_get_expr(p.polqual, c.oid) as using, pg_get_expr(p.polwithcheck, c.oid) as check, p.polroles = '{0}' as everybody
      from pg_class c left join pg_policy p on p.polrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`);
    const walled = rows.filter(({ relname }: { relname: string }) => !WITHOUT_TENANT.includes(relname));
    expect(walled.length).toBeGreaterThan(10);
    for (const { relname, ...policy } of walled) {
      const rule = expect.stringMatching(
        new RegExp(`^\\(${relname === 'tenants' ? 'id' : 'tenant_id'} = \\(\\s*SELECT app_tenant\\(\\)`),
      );
      const expected = {
        enabled: true,
        command: '*',
        permissive: true,
        using: rule,
        check: rule,
        everybody: true,
      };
      expect({ relname, ...policy }).toEqual({ relname, ...expected });
    }
  });

  it('is no view’s or materialised view’s way around: there are none', async () => {
    const others = await column(
      `select relname as value from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')`,
    );
    expect(others).toEqual([]);
  });
});

describe('the roles of the services', () => {
  it('own nothing, are no superusers and bypass no wall', async () => {
    const { rows } = await pools.owner.raw(`
      select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
        (select count(*)::int from pg_class where relowner = r.oid) as owned,
        (select count(*)::int from pg_auth_members where member = r.oid) as memberships
      from pg_roles r where rolname in ('origin_api', 'origin_worker') order by 1`);
    const plain = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      owned: 0,
      memberships: 0,
    };
    expect(rows).toEqual([
      { rolname: 'origin_api', ...plain },
      { rolname: 'origin_worker', ...plain },
    ]);
  });

  it.each([
    ['origin_api', ['app_tenant', 'find_api_keys', 'hold_upload', 'outbox_backlog']],
    [
      'origin_worker',
      [
        'app_tenant',
        'claim_outbox',
        'expired_packs',
        'outbox_backlog',
        'purge_deliveries',
        'purge_idempotency_keys',
        'purge_outbox',
        'purge_packs',
        'purge_uploads',
        'purge_uploads_under_way',
        'tenant_ids',
      ],
    ],
  ])('may execute these functions and no other: %s', async (role, allowed) => {
    const functions = await column(
      `select distinct proname as value from pg_proc where pronamespace = 'public'::regnamespace
         and has_function_privilege(?, oid, 'execute') order by 1`,
      [role],
    );
    expect(functions).toEqual(allowed);
  });

  it('reach past the wall only through functions whose search path is fixed', async () => {
    const loose = await column(`
      select proname as value from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
        and not coalesce(proconfig @> array['search_path=public, pg_temp'], false)`);
    expect(loose).toEqual([]);
  });

  it.each(['origin_api', 'origin_worker'])('cannot change what happened: %s', async (role) => {
    const { rows } = await pools.owner.raw(
      `select t.name || ' ' || p.privilege as value
       from unnest(array['ledger_events', 'certificates', 'policies', 'signing_keys', 'key_fingerprints', 'model_loads',
           'model_artifacts', 'retention_marks']) t(name),
         unnest(array['update', 'delete', 'truncate']) p(privilege)
       where has_table_privilege(?, t.name, p.privilege)
         or (p.privilege = 'update' and has_any_column_privilege(?, t.name, 'update'))`,
      [role, role],
    );
    expect(rows).toEqual([]);
  });

  it('may change of a key only its last use and its digest, of a webhook’s event its id, and of a tenant nothing', async () => {
    const columns = await column(`
      select table_name || '.' || column_name as value from information_schema.column_privileges
      where grantee in ('origin_api', 'origin_worker') and privilege_type = 'UPDATE'
        and table_name in ('tenants', 'api_keys', 'subjects', 'webhook_events') order by 1`);
    expect(columns).toEqual([
      'api_keys.digest',
      'api_keys.last_used_at',
      'api_keys.legacy_digest',
      'api_keys.pepper_id',
      'api_keys.prefix',
      'subjects.account_created_at',
      'webhook_events.id',
    ]);
  });

  it('cannot make tables, drop the wall, or become the owner', async () => {
    for (const db of [pools.api, pools.worker]) {
      for (const sql of [
        'create table mine (id int)',
        'alter table uploads disable row level security',
        'drop policy tenant_wall on uploads',
        'set role origin_owner',
        'truncate uploads cascade',
      ]) {
        await expect(db.raw(sql)).rejects.toMatchObject({ code: '42501' });
      }
    }
  });

  it('cannot update or delete an event of the ledger, in their own tenant neither', async () => {
    for (const db of [pools.api, pools.worker]) {
      await expect(db.raw("update ledger_events set event_hash = 'x'")).rejects.toMatchObject({
        code: '42501',
      });
      await expect(db.raw('delete from ledger_events')).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('the indexes', () => {
  it('are those that queries need, and no two begin alike', async () => {
    const { rows } = await pools.owner.raw(`
      select tablename, indexdef from pg_indexes where schemaname = 'public' and indexdef not like '%WHERE%'`);
    const begins = rows.map(
      ({ tablename, indexdef }: { tablename: string; indexdef: string }) =>
        `${tablename} ${/\((.*)\)/.exec(indexdef)?.[1]}`,
    );
    for (const one of begins) {
      const longer = begins.filter((other: string) => other !== one && other.startsWith(`${one}, `));
      expect({ index: one, longer }).toEqual({ index: one, longer: [] });
    }
    expect(new Set(begins).size).toBe(begins.length);
    for (const needed of [
      'api_keys prefix',
      'uploads tenant_id, external_id',
      'uploads pvid',
      'uploads tenant_id, account_id, received_at',
      'ledger_events tenant_id, sequence',
      'risk_signals tenant_id, upload_id',
    ]) {
      expect(begins).toContain(needed);
    }
  });
});
