import type { Health, Readiness } from '@origin-stack/contract/health';
import { randomIds } from '@origin-stack/core/infra/randomIds';
import { eventually } from '@origin-stack/testkit/eventually';
import { sayToRedis } from '@origin-stack/testkit/redis';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../src/http/listen.ts';
import { buildInternalApp } from '../src/internalApp.ts';
import { type Caller, caller } from './caller.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const SOON = { deadlineMs: 15_000, pollMs: 100 };

let server: Awaited<ReturnType<typeof startTestRedis>>;
let api: TestApi;
let listener: Listener;
let ask: Caller;

beforeAll(async () => {
  server = await startTestRedis();
  api = await startTestApi({ settings: { REDIS_URL: server.url } });
  const options = { deps: api.deps, name: 'INTERNAL_PORT', host: '127.0.0.1', port: 0 };
  listener = await listen(buildInternalApp(api.deps), options);
  ask = caller({ port: listener.port, key: '' });
});

afterAll(async () => {
  await listener.close();
  await api.close();
  await server.stop();
});

async function readiness() {
  const { status, body } = await ask({ path: '/ready', key: null });
  return { status, body: body as unknown as Readiness };
}

/** Adds work that has been due for so long, and takes it away again. */
async function withDueWork(seconds: number, look: () => Promise<void>): Promise<void> {
  const id = randomIds.next();
  const at = api.owner.raw('now() - make_interval(secs => ?)', [seconds]);
  await api.owner('outbox').insert({
    id,
    tenant_id: api.tenant.id,
    name: 'evidence.build',
    payload: JSON.stringify({ pack_id: id }),
    correlation_id: 'c',
    available_at: at,
    created_at: at,
  });
  await look();
  await api.owner('outbox').where({ id }).delete();
}

describe('readiness', () => {
  test('is degraded, and still 200, where work has been due for more than half a minute', async () => {
    await eventually(async () => {
      const { status, body } = await readiness();
      expect(status).toBe(200);
      expect(body.components?.outbox).toMatchObject({ status: 'healthy', waiting: 0, oldest_seconds: 0 });
    }, SOON);
    await withDueWork(31, () =>
      eventually(async () => {
        const { status, body } = await readiness();
        expect([status, body.status, body.ready]).toEqual([200, 'degraded', true]);
        expect(body.components?.outbox).toMatchObject({ status: 'degraded', waiting: 1 });
        expect(body.components?.outbox?.oldest_seconds).toBeGreaterThanOrEqual(31);
      }, SOON),
    );
    await eventually(async () => expect((await readiness()).body.components?.outbox?.waiting).toBe(0), SOON);
  });

  test('does not mind work that has been due for a moment', async () => {
    await withDueWork(3, () =>
      eventually(async () => {
        const { body } = await readiness();
        expect(body.components?.outbox).toMatchObject({ status: 'healthy', waiting: 1 });
      }, SOON),
    );
  });

  test('turns to 503 while Redis refuses to write, and says why; to others it does not', async () => {
    await sayToRedis(server.url, 'REPLICAOF', '127.0.0.1', '1');
    await eventually(async () => {
      const { status, body } = await readiness();
      expect([status, body.status, body.ready]).toEqual([503, 'unhealthy', false]);
      expect(body.components?.redis).toMatchObject({
        status: 'unhealthy',
        error: 'redis refuses to write: READONLY',
      });
      expect(body.components?.redis?.connected_clients).toBeGreaterThan(0);
    }, SOON);
    const { body } = await ask({ path: '/health/redis', key: null });
    expect(body as unknown as Health).toMatchObject({ status: 'unhealthy' });
    expect((await api.call({ path: '/ready', key: null })).body).not.toHaveProperty('components');
    expect(await api.deps.metrics.scrape()).toContain('redis_up{service="api"} 0');
    await sayToRedis(server.url, 'REPLICAOF', 'NO', 'ONE');
    await eventually(async () => expect((await readiness()).status).toBe(200), SOON);
    expect(await api.deps.metrics.scrape()).toContain('redis_up{service="api"} 1');
  });
});

describe('the metrics of a replica', () => {
  test('tell for how long work has been due, also where no worker runs', async () => {
    await withDueWork(90, async () => {
      const text = await api.deps.metrics.scrape();
      expect(text).toContain('outbox_waiting{service="api"} 1');
      const [, seconds] = /^outbox_oldest_seconds\{service="api"\} (\S+)$/m.exec(text) ?? [];
      expect(Number(seconds)).toBeGreaterThanOrEqual(90);
    });
  });

  test('are scraped where PostgreSQL does not say what is due: that is unknown then, and no failure', async () => {
    await api.owner.raw('revoke execute on function outbox_backlog() from origin_api');
    const text = await api.deps.metrics.scrape();
    expect(text).toContain('outbox_oldest_seconds{service="api"} Nan');
    expect(text).toContain('redis_up{service="api"} 1');
    await eventually(async () => {
      const { status, body } = await ask({ path: '/health/', key: null });
      expect(status).toBe(200);
      const unknown = { status: 'degraded', waiting: null, oldest_seconds: null };
      expect((body as unknown as Health).components?.outbox).toMatchObject(unknown);
    }, SOON);
    await api.owner.raw('grant execute on function outbox_backlog() to origin_api');
  });
});
