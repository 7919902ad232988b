import { type Pgbouncer, startPgbouncer } from '@origin-stack/testkit/peers/pgbouncer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ingest } from '../domain/ingest/ingest.ts';
import { getUpload } from '../domain/ingest/readUploads.ts';
import { createKey } from '../domain/keys/createKey.ts';
import { findKeysByPrefix } from '../domain/keys/keyStore.ts';
import { verifyLedger } from '../domain/ledger/verifyLedger.ts';
import { claimWork, insertWork, readBacklog } from '../domain/outbox/outboxStore.ts';
import type { Db } from '../domain/ports.ts';
import { inTenant } from '../domain/tenants/inTenant.ts';
import { hostileUrl, makeHostile } from '../testing/hostileSessions.ts';
import { ingestRequest } from '../testing/ingestRequest.ts';
import { openTestBed, type TestBed } from '../testing/openTestBed.ts';
import { openTestPool } from '../testing/openTestPools.ts';
import { ROLES } from './bootstrapDatabase.ts';
import { SERVICE_SESSION } from './databaseSession.ts';
import { migrate } from './migrate.ts';
import { randomIds } from './randomIds.ts';
import { systemClock } from './systemClock.ts';

const AT_ONCE = 24;

let bed: TestBed;
const pools: Db[] = [];
const poolers: Pgbouncer[] = [];
const open = (url: string, max = 8): Db => {
  const db = openTestPool(url, max);
  pools.push(db);
  return db;
};
async function openPooler(
  poolMode: 'session' | 'transaction' | 'statement',
  database = bed.database,
): Promise<Pgbouncer> {
  const urls = [database.apiUrl, database.workerUrl, database.ownerUrl];
  const pooler = await startPgbouncer({ urls, poolMode });
  poolers.push(pooler);
  return pooler;
}
beforeEach(async () => {
  bed = await openTestBed();
});
afterEach(async () => {
  for (const db of pools.splice(0)) await db.destroy();
  for (const pooler of poolers.splice(0)) await pooler.stop();
  await bed.close();
});

async function setHostileRoles(): Promise<void> {
  const superuser = open(bed.database.superuserUrl, 1);
  for (const role of Object.values(ROLES)) await makeHostile(superuser, role);
}

/** What decides, proves and hands out work, many times at once: each answer as it is without the settings of others. */
async function expectService(urls: { api: string; worker: string; owner: string }): Promise<void> {
  const [api, worker, owner] = [open(urls.api), open(urls.worker), open(urls.owner)];
  const { tenantId, actor } = await bed.newTenant();
  const deps = bed.ingestDeps({ db: api });
  // Half of them without a device: its column is an array with nulls in it.
  const requests = Array.from({ length: AT_ONCE }, (_, n) => {
    const { device, ...rest } = ingestRequest();
    return n % 2 === 0 ? { device, ...rest } : rest;
  });
  const replies = await Promise.all(requests.map((request) => ingest(deps, actor, request)));
  for (const { reply } of replies) {
    const stored = await getUpload({ db: api }, actor, reply.upload_id);
    expect(stored).toMatchObject(reply);
    const plain = await getUpload({ db: bed.owner }, actor, reply.upload_id);
    expect(stored).toEqual(plain);
  }
  const verification = await verifyLedger({ db: api }, tenantId);
  expect(verification).toMatchObject({ valid: true, reason: null });
  expect(verification.events).toBeGreaterThanOrEqual(AT_ONCE);

  const work = Array.from({ length: AT_ONCE }, () => ({
    id: randomIds.next(),
    tenantId,
    name: 'evidence.build' as const,
    payload: { pack_id: randomIds.next() },
    correlationId: 'c',
    availableAt: '2020-01-01T00:00:00.000000Z',
  }));
  await inTenant(api, tenantId, (tx) => insertWork(tx, work));
  const claims = await Promise.all([1, 2, 3, 4].map(() => claimWork(worker, AT_ONCE, 60)));
  const ids = claims.flat().map((one) => one.id);
  expect(ids.sort()).toEqual(work.map((one) => one.id));
  expect(await readBacklog(worker)).toMatchObject({ waiting: AT_ONCE });

  const expiresAt = '2030-01-02T03:04:05.678900Z';
  const key = await createKey(
    { db: owner, clock: systemClock, ids: randomIds, pepper: bed.keys.keyring.pepper },
    { tenantId, name: 'k', scopes: ['ingest:write'], expiresAt },
  );
  const found = await Promise.all(Array.from({ length: 8 }, () => findKeysByPrefix(api, key.prefix)));
  for (const rows of found) expect(rows).toMatchObject([{ id: key.id, expires_at: expiresAt }]);
}

/** What a transaction that names a tenant runs under. */
async function settingsIn(db: Db): Promise<Record<string, string>> {
  const names = Object.keys(SERVICE_SESSION.settings);
  const shown = names.map((name) => `current_setting('${name}') as ${name}`);
  return inTenant(db, randomIds.next(), async (tx) => (await tx.raw(`select ${shown.join(', ')}`)).rows[0]);
}

describe('the settings of a session', () => {
  it('that a role brings change nothing', async () => {
    await setHostileRoles();
    const { apiUrl, workerUrl, ownerUrl } = bed.database;
    await expectService({ api: apiUrl, worker: workerUrl, owner: ownerUrl });
  });

  it('that a URL brings change nothing', async () => {
    const { apiUrl, workerUrl, ownerUrl } = bed.database;
    await expectService({
      api: hostileUrl(apiUrl),
      worker: hostileUrl(workerUrl),
      owner: hostileUrl(ownerUrl),
    });
  });
});

describe('behind PgBouncer that pools by transaction', () => {
  it('everything decides, proves and hands out as without it, whatever the roles bring', async () => {
    await setHostileRoles();
    const { through } = await openPooler('transaction');
    const { apiUrl, workerUrl, ownerUrl } = bed.database;
    await expectService({ api: through(apiUrl), worker: through(workerUrl), owner: through(ownerUrl) });
  });

  it('a transaction and a statement of its own run under our settings, in whichever session they come', async () => {
    await setHostileRoles();
    const { through } = await openPooler('transaction');
    const db = open(through(bed.database.apiUrl), 1);
    const pids = new Set<number>();
    for (let round = 0; round < 4; round += 1) {
      expect(await settingsIn(db)).toEqual(SERVICE_SESSION.settings);
      const { rows } = await db.raw(
        "select pg_backend_pid() as pid, current_setting('timezone') as zone, current_setting('search_path') as path",
      );
      expect(rows[0]).toMatchObject({ zone: 'UTC', path: 'public' });
      // Holds one of the two sessions, so that the next transaction gets the other.
      const held = await open(through(bed.database.apiUrl), 1).transaction();
      for (const one of [held, db]) {
        pids.add((await one.raw('select pg_backend_pid() as pid')).rows[0].pid);
      }
      expect(await settingsIn(db)).toEqual(SERVICE_SESSION.settings);
      await held.rollback();
    }
    expect(pids.size).toBe(2);
  });

  it('a statement that fails alone leaves no transaction behind', async () => {
    const { through } = await openPooler('transaction');
    const db = open(through(bed.database.apiUrl), 1);
    await expect(db.raw('select nothing from nowhere')).rejects.toMatchObject({ code: '42P01' });
    expect((await db.raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('a change of the schema is refused, and says where to lead the URL', async () => {
    const { through } = await openPooler('transaction');
    await expect(migrate(through(bed.database.ownerUrl))).rejects.toThrow(/a pooler.*PostgreSQL itself/);
  });
});

it('works behind PgBouncer that pools by session, and says what is wrong with one that pools by statement', async () => {
  const bySession = await openPooler('session');
  expect(await settingsIn(open(bySession.through(bed.database.apiUrl), 2))).toEqual(SERVICE_SESSION.settings);
  const byStatement = await openPooler('statement');
  const db = open(byStatement.through(bed.database.apiUrl), 1);
  await expect(db.raw('select 1')).rejects.toThrow(/not allowed in statement pooling mode/);
});

it('a database that keeps text in no encoding of ours is refused when a connection opens, with what to do', async () => {
  const superuser = open(bed.database.superuserUrl, 1);
  const name = `${bed.database.name}_ascii`;
  await superuser.raw(
    `create database ${name} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'`,
  );
  const url = new URL(bed.database.superuserUrl);
  url.pathname = `/${name}`;
  const refused = openTestPool(url.href, 1);
  try {
    await expect(refused.raw('select 1')).rejects.toThrow(/SQL_ASCII: make one with the encoding UTF8/);
  } finally {
    await refused.destroy();
    await superuser.raw(`drop database ${name}`);
  }
});
