import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { importLegacyKey } from '@origin-stack/core/domain/keys/importLegacyKey';
import { revokeKey } from '@origin-stack/core/domain/keys/revokeKey';
import { allowNetworks } from '@origin-stack/core/domain/tenants/allowNetworks';
import { markKeys } from '@origin-stack/core/infra/keyMarks';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { eventually } from '@origin-stack/testkit/eventually';
import { suspend } from '@origin-stack/testkit/suspend';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from './expectProblem.ts';
import { rawExchange } from './rawExchange.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

const SLACK_SECONDS = 60;
const whoAmI = (api: TestApi, key: string | null, headers: Record<string, string> = {}) =>
  api.call({ path: '/v1/whoami', key, headers });

async function revoke(
  api: TestApi,
  key: { id: string; prefix: string },
  { marked }: { marked: boolean },
): Promise<void> {
  await revokeKey({ ...api.deps, db: api.owner }, { tenantId: api.tenant.id, keyId: key.id });
  if (marked) await markKeys(api.deps.redis, [key.prefix], SLACK_SECONDS);
}

/** Uses a key until it is answered from memory: its first use makes its mark, its second remembers it. */
async function warm(api: TestApi, { keyValue }: { keyValue: string }): Promise<void> {
  for (let use = 0; use < 2; use += 1) expect((await whoAmI(api, keyValue)).status).toBe(200);
}

describe('keys', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  it('are accepted in either header, and answered with who they are', async () => {
    const { key, id } = api.tenant;
    for (const reply of [
      await whoAmI(api, key.keyValue),
      await whoAmI(api, null, { 'X-API-Key': key.keyValue }),
      await whoAmI(api, null, { Authorization: `bearer   ${key.keyValue}` }),
    ]) {
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({
        tenant_id: id,
        key_id: key.id,
        key_prefix: `ok_live_${key.prefix}`,
      });
    }
  });

  it('are judged by Authorization where both headers are sent', async () => {
    const { keyValue } = api.tenant.key;
    expectProblem(await whoAmI(api, 'wrong', { 'X-API-Key': keyValue }), 'unauthenticated');
    expect((await whoAmI(api, keyValue, { 'X-API-Key': 'wrong' })).status).toBe(200);
  });

  it('in the query are not looked at', async () => {
    const { keyValue } = api.tenant.key;
    for (const name of ['api_key', 'key', 'access_token', 'X-API-Key', 'authorization']) {
      expectProblem(await api.call({ path: `/v1/whoami?${name}=${keyValue}`, key: null }), 'unauthenticated');
    }
  });

  it('that nobody was given, that were changed, or that are no keys are refused alike', async () => {
    const { keyValue } = api.tenant.key;
    const swapped = keyValue.at(-8) === 'a' ? 'b' : 'a';
    const wrong = [
      generateApiKey('live').key,
      generateApiKey('op').key,
      generateApiKey('svc').key,
      keyValue.slice(0, -1),
      `${keyValue}0`,
      keyValue.slice(0, -8) + swapped + keyValue.slice(-7),
      keyValue.toLowerCase(),
      keyValue.replace('ok_live', 'ok_op'),
      'ok_live_',
      'null',
      'x'.repeat(8),
      'x'.repeat(5_000),
      "' or 1=1 --",
      '%00',
    ];
    const bodies = new Set<string>();
    for (const key of wrong) {
      for (const [name, value] of [
        ['Authorization', `Bearer ${key}`],
        ['X-API-Key', key],
      ] as const) {
        const reply = await whoAmI(api, null, { [name]: value });
        expectProblem(reply, 'unauthenticated');
        bodies.add(JSON.stringify({ ...reply.body, instance: null }));
      }
    }
    expect([...bodies]).toHaveLength(1);
  });

  it('that expire are refused from that moment on, though they were cached', async () => {
    const expiresMs = Date.now() + 1_500;
    const key = await api.makeKey(api.tenant.id, { expiresAt: new Date(expiresMs).toISOString() });
    await warm(api, key);
    await eventually(async () => (await whoAmI(api, key.keyValue)).status === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresMs);
  });

  it('that are revoked are refused with the next request, though they were cached', async () => {
    const key = await api.makeKey(api.tenant.id);
    await warm(api, key);
    await revoke(api, key, { marked: true });
    const reply = await whoAmI(api, key.keyValue);
    expectProblem(reply, 'unauthenticated');
    expect({ ...reply.body, instance: null }).toEqual({
      ...(await whoAmI(api, generateApiKey('live').key)).body,
      instance: null,
    });
  });

  it('are answered from the cache while nothing marks them', async () => {
    const key = await api.makeKey(api.tenant.id);
    await warm(api, key);
    await revoke(api, key, { marked: false });
    expect((await whoAmI(api, key.keyValue)).status).toBe(200);
    await markKeys(api.deps.redis, [key.prefix], SLACK_SECONDS);
    expectProblem(await whoAmI(api, key.keyValue), 'unauthenticated');
  });

  it('tell when they were last used', async () => {
    const key = await api.makeKey(api.tenant.id);
    const before = systemClock.now();
    const lastUsed = async () =>
      (await api.owner('api_keys').where({ id: key.id }).first('last_used_at')).last_used_at;
    expect(await lastUsed()).toBeNull();
    await whoAmI(api, key.keyValue);
    const text: string = await eventually(async () => (await lastUsed()) ?? false);
    // In the same clock, cut to what the column keeps.
    expect(Date.parse(text)).toBeGreaterThanOrEqual(Date.parse(before));
    expect(Date.parse(text)).toBeLessThanOrEqual(Date.parse(systemClock.now()));
  });
});

/** Redis closes every connection but the one that asks. */
async function dropConnections(url: string): Promise<void> {
  const { port, password } = new URL(url);
  const kill = 'CLIENT KILL TYPE normal SKIPME yes';
  const { ended } = await rawExchange(Number(port), `AUTH ${password}\r\n${kill}\r\nQUIT\r\n`);
  expect(await ended()).toMatch(/^\+OK\r\n:1\r\n/);
}

describe('keys while Redis is away', () => {
  it('are read from the database each time, and nothing that was cached before outlives the return of Redis', async () => {
    const redis = await startTestRedis();
    const api = await startTestApi({ settings: { REDIS_URL: redis.url } });
    try {
      await eventually(() => api.deps.redis.isReady());
      const first = await api.makeKey(api.tenant.id);
      const second = await api.makeKey(api.tenant.id);
      await warm(api, first);
      await warm(api, second);

      await suspend(redis.pid);
      try {
        await revoke(api, first, { marked: false });
        expectProblem(await whoAmI(api, first.keyValue), 'unauthenticated');
        expect((await whoAmI(api, second.keyValue)).status).toBe(200);
      } finally {
        process.kill(redis.pid, 'SIGCONT');
      }
      await eventually(() => api.deps.redis.ping().then(() => true));
      await warm(api, second);
      await revoke(api, second, { marked: false });
      expect((await whoAmI(api, second.keyValue)).status).toBe(200);
      // A new connection: what was said on the lost one may have been missed.
      let reconnections = 0;
      api.deps.redis.onReady(() => {
        reconnections += 1;
      });
      await dropConnections(redis.url);
      await eventually(() => reconnections === 1 && api.deps.redis.isReady());
      expectProblem(await whoAmI(api, second.keyValue), 'unauthenticated');
    } finally {
      await api.close();
      await redis.stop();
    }
  });
});

describe('legacy keys', () => {
  /** From the test suite of crypt_blowfish: a password of 72 characters and its digest. */
  const KEY = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const DIGEST = '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui';
  const legacy = (api: TestApi) =>
    importLegacyKey(
      { ...api.deps, db: api.owner },
      {
        tenantId: api.tenant.id,
        name: 'old',
        scopes: ['ingest:read'],
        prefix: KEY.slice(0, 8),
        digest: DIGEST,
      },
    );
  const row = (api: TestApi, id: string) =>
    api.owner('api_keys').where({ id }).first('digest', 'pepper_id', 'legacy_digest');

  it('are accepted where the setting allows it, and from their first use on known by our own digest', async () => {
    const api = await startTestApi({ settings: { LEGACY_APIKEY_FALLBACK: 'true' } });
    try {
      const { id } = await legacy(api);
      expectProblem(await whoAmI(api, KEY.slice(0, 71)), 'unauthenticated');
      expect(await row(api, id)).toEqual({ digest: null, pepper_id: null, legacy_digest: DIGEST });
      for (let use = 0; use < 2; use += 1) {
        const reply = await whoAmI(api, KEY);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ key_id: id, scopes: ['ingest:read'] });
      }
      const { digest, pepper_id, legacy_digest } = await row(api, id);
      expect({ length: digest.length, pepper_id, legacy_digest }).toEqual({
        length: 32,
        pepper_id: api.deps.keyring.pepper.id,
        legacy_digest: null,
      });
      expectProblem(await whoAmI(api, `${KEY}x`), 'unauthenticated');
      expectProblem(await whoAmI(api, KEY.replace('9a', '9b')), 'unauthenticated');
      await revoke(api, { id, prefix: KEY.slice(0, 8) }, { marked: true });
      expectProblem(await whoAmI(api, KEY), 'unauthenticated');
    } finally {
      await api.close();
    }
  });

  it('are refused where the setting does not', async () => {
    const api = await startTestApi();
    try {
      const { id } = await legacy(api);
      expectProblem(await whoAmI(api, KEY), 'unauthenticated');
      expect((await row(api, id)).legacy_digest).toBe(DIGEST);
    } finally {
      await api.close();
    }
  });
});

describe('the allowlist of a tenant', () => {
  const PROXY = '127.0.0.0/8';
  const from = (api: TestApi, forwarded: string) =>
    whoAmI(api, api.tenant.key.keyValue, { 'X-Forwarded-For': forwarded });
  const allow = async (api: TestApi, networks: string[]) => {
    const prefixes = await allowNetworks({ db: api.owner }, { tenantId: api.tenant.id, networks });
    await markKeys(api.deps.redis, prefixes, SLACK_SECONDS);
  };

  it('judges the address that the nearest proxy which is not ours saw, and believes nobody else', async () => {
    const api = await startTestApi({ settings: { TRUSTED_PROXIES: PROXY } });
    try {
      await allow(api, ['203.0.113.0/24', '2001:db8::/32']);
      for (const address of [
        '203.0.113.7',
        '::ffff:203.0.113.7',
        '2001:db8::1',
        '198.51.100.1, 203.0.113.7',
        '203.0.113.7, 127.0.0.9',
      ]) {
        expect({ address, status: (await from(api, address)).status }).toEqual({ address, status: 200 });
      }
      for (const address of [
        '198.51.100.1',
        '203.0.113.7, 198.51.100.1',
        '::ffff:198.51.100.1',
        '2001:db9::1',
        'unknown',
        '203.0.113.7, x',
        '203.0.113.7:80',
        '',
      ]) {
        expectProblem(await from(api, address), 'address_not_allowed');
      }
      expectProblem(await whoAmI(api, api.stranger.key.keyValue.slice(0, -1)), 'unauthenticated');
      expect((await whoAmI(api, api.stranger.key.keyValue)).status).toBe(200);
      await allow(api, []);
      expect((await from(api, '198.51.100.1')).status).toBe(200);
    } finally {
      await api.close();
    }
  });

  it('does not believe X-Forwarded-For where no proxy is trusted', async () => {
    const api = await startTestApi();
    try {
      await allow(api, ['203.0.113.0/24']);
      expectProblem(await from(api, '203.0.113.7'), 'address_not_allowed');
      expectProblem(
        await whoAmI(api, api.tenant.key.keyValue, {
          Forwarded: 'for=203.0.113.7',
          'X-Real-IP': '203.0.113.7',
        }),
        'address_not_allowed',
      );
      await allow(api, ['127.0.0.1']);
      expect((await from(api, '203.0.113.7')).status).toBe(200);
      await allow(api, ['::ffff:127.0.0.0/104']);
      expect((await from(api, '203.0.113.7')).status).toBe(200);
    } finally {
      await api.close();
    }
  });
});
