import { createDatabase } from '@origin-stack/core/infra/database';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

/** What is promised. */
const RECOVERY_MS = 10_000;

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const ingest = (externalId: string) => {
  const account = { external_id: 'account-1' };
  const content = { text: 'hello', media_type: 'text/plain' };
  return api.call({ path: '/v1/ingest', json: { external_id: externalId, account, content } });
};

/** New sessions take no writes from now on, and there are no others. */
async function becomeReadOnly(name: string): Promise<void> {
  const superuser = createDatabase({
    url: inject('postgres').superuserUrl,
    applicationName: 'test',
    min: 0,
    max: 1,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
  });
  await superuser.raw(`alter database ${name} set default_transaction_read_only = on`);
  await superuser.raw(
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = ? and usename = 'origin_api'",
    [name],
  );
  await superuser.destroy();
}

test('a database that takes no writes: those are refused for a while, reads go on, readiness says so, and it ends within 10 s', async () => {
  expect((await ingest('before')).status).toBe(201);
  const { rows } = await api.owner.raw('select current_database() as name');
  await becomeReadOnly(rows[0].name);
  const refused = await eventually(async () => {
    const reply = await ingest('meanwhile');
    expectProblem(reply, 'dependency_unavailable');
    return reply;
  });
  expect(refused.headers['retry-after']).toBe('2');
  expect((await api.call({ path: '/v1/uploads' })).body.items).toMatchObject([{ external_id: 'before' }]);
  const readiness = await eventually(async () => {
    const reply = await api.call({ path: '/ready', key: null });
    expect(reply.status).toBe(503);
    return reply;
  });
  expect(readiness.body).toMatchObject({ status: 'unhealthy', ready: false });
  expect((await api.call({ path: '/health/live', key: null })).status).toBe(200);

  // As after a failover: only new sessions can write.
  await api.owner.raw(`alter database ${rows[0].name} reset default_transaction_read_only`);
  await eventually(
    async () => {
      expect((await api.call({ path: '/ready', key: null })).status).toBe(200);
      expect((await ingest('meanwhile')).status).toBe(201);
    },
    { deadlineMs: RECOVERY_MS },
  );
});
