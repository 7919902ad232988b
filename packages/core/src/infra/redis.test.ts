import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import { sayToRedis, testRedisUrl } from '@origin-stack/testkit/redis';
import { suspend } from '@origin-stack/testkit/suspend';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { createClient } from 'redis';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { startProxy } from '../testing/startProxy.ts';
import { markKeys, openKeyMarks } from './keyMarks.ts';
import { createLog } from './log.ts';
import { connectRedis, type Redis } from './redis.ts';

const log = createLog({ service: 'test', level: 'silent' });
const SLOW = { deadlineMs: 20_000 };
const opened: Redis[] = [];
afterEach(async () => {
  for (const redis of opened.splice(0)) await redis.close();
});

async function open(url: string): Promise<Redis> {
  const redis = connectRedis({ url, name: 'test', log });
  opened.push(redis);
  await eventually(() => redis.isReady());
  return redis;
}

describe('Redis', () => {
  it('that is away fails a command at once and queues none: it is not carried out later', async () => {
    const server = await startTestRedis();
    const redis = await open(server.url);
    await server.stop();
    await eventually(() => !redis.isReady());
    const startMs = performance.now();
    await expect(redis.setWithTtl({ key: 'app:x', value: '1', ttlSeconds: 60 })).rejects.toThrow();
    expect(performance.now() - startMs).toBeLessThan(400);
  });

  it('that stays away is a failure with every attempt, and that hangs is one too', async () => {
    const server = await startTestRedis();
    let failures = 0;
    const redis = connectRedis({ url: server.url, name: 'test', log, onFailure: () => (failures += 1) });
    opened.push(redis);
    await eventually(() => redis.isReady());
    expect(failures).toBe(0);
    await suspend(server.pid);
    for (let i = 0; i < 5; i += 1) await expect(redis.ping()).rejects.toThrow();
    expect(failures).toBe(1);
    process.kill(server.pid, 'SIGCONT');
    await eventually(() => redis.isReady());
    await server.stop();
    // More than the alert RedisConnectionFailures asks for, within a second or two.
    await eventually(() => failures > 5);
  });

  it('that hangs fails a command after its deadline, and tells when it is back', async () => {
    const server = await startTestRedis();
    const redis = await open(server.url);
    await suspend(server.pid);
    const startMs = performance.now();
    await expect(redis.get('app:x')).rejects.toThrow('redis did not answer within 500 ms');
    expect(performance.now() - startMs).toBeLessThan(5_000);
    process.kill(server.pid, 'SIGCONT');
    await eventually(() => redis.ping().then(() => true));
    await server.stop();
  });

  it('that hangs costs a few slow commands, then none, and is asked again when it goes on', async () => {
    const server = await startTestRedis();
    const redis = await open(server.url);
    let readies = 0;
    redis.onReady(() => {
      readies += 1;
    });
    await suspend(server.pid);
    try {
      const failures: { ms: number; name: string }[] = [];
      const startMs = performance.now();
      while (performance.now() - startMs < 6_000) {
        const sentMs = performance.now();
        const error = await redis.get('app:x').catch((failure: Error) => failure);
        failures.push({ ms: performance.now() - sentMs, name: (error as Error).name });
        await delay(20);
      }
      // By what ended it: on a busy host one that waited for nobody is slow by the clock now and then, and most are not.
      const slow = failures.filter(({ name }) => name === 'BreakerTimeoutError').length;
      const atOnce = failures.filter(({ name, ms }) => name !== 'BreakerTimeoutError' && ms <= 300).length;
      expect(slow).toBeGreaterThan(0);
      expect(slow).toBeLessThanOrEqual(5);
      expect(atOnce).toBeGreaterThan(20);
      expect(redis.breaker.state()).toBe('open');
      expect(redis.isReady()).toBe(false);
      expect(readies).toBe(0);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await eventually(() => redis.ping().then(() => true));
    expect(readies).toBe(1);
    expect(redis.breaker.state()).toBe('closed');
    await server.stop();
  }, 20_000);

  it('whose reply is an error is not away: the breaker stays closed', async () => {
    const server = await startTestRedis();
    const redis = await open(server.url);
    const admin = createClient({ url: server.url });
    await admin.connect();
    await admin.lPush('app:list', 'x');
    for (let i = 0; i < 8; i += 1) await expect(redis.get('app:list')).rejects.toThrow('WRONGTYPE');
    expect(redis.breaker.state()).toBe('closed');
    await admin.close();
    await server.stop();
  });

  it.each([
    ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ])(
    'that refuses to write (%s) shows though nobody writes, until it takes writes again',
    async (code, spoil, mend) => {
      const server = await startTestRedis();
      onTestFinished(server.stop);
      const warnings: string[] = [];
      const warn = (_: object, message: string) => void warnings.push(message);
      let failures = 0;
      const redis = connectRedis({
        url: server.url,
        name: 'test',
        log: { ...log, info: () => {}, warn },
        onFailure: () => (failures += 1),
      });
      opened.push(redis);
      await eventually(() => redis.isReady());
      await sayToRedis(server.url, ...spoil);
      await eventually(() => redis.refusal() === `redis refuses to write: ${code}`, SLOW);
      // Reads go on, and it is not stormed with connections.
      for (let i = 0; i < 20; i += 1) {
        expect(await redis.get('app:x')).toBeNull();
        await expect(redis.setWithTtl({ key: 'app:x', value: '1', ttlSeconds: 60 })).rejects.toThrow(code);
      }
      expect(failures).toBeLessThan(5);
      expect(warnings).toEqual(['redis refuses to write: connecting again']);
      await sayToRedis(server.url, ...mend);
      await eventually(() => redis.refusal() === undefined, SLOW);
    },
  );

  it('that a failover left behind, read-only, is left for the one that new connections reach', async () => {
    const [old, fresh] = await Promise.all([startTestRedis(), startTestRedis()]);
    await sayToRedis(fresh.url, 'CONFIG', 'SET', 'requirepass', new URL(old.url).password);
    const freshUrl = `redis://:${new URL(old.url).password}@${new URL(fresh.url).host}`;
    const proxy = await startProxy(old.url);
    onTestFinished(async () => {
      await proxy.stop();
      await Promise.all([old.stop(), fresh.stop()]);
    });
    const redis = await open(proxy.url);
    proxy.leadTo(fresh.url);
    await sayToRedis(old.url, 'REPLICAOF', '127.0.0.1', '1');
    await eventually(
      async () => expect(await sayToRedis(freshUrl, 'EXISTS', 'app:write-check:test')).toBe(1),
      SLOW,
    );
    await redis.setWithTtl({ key: 'app:x', value: 'fresh', ttlSeconds: 60 });
    expect(await sayToRedis(freshUrl, 'GET', 'app:x')).toBe('fresh');
  });

  it('says so on every connection, the first included: what was told meanwhile may have been missed', async () => {
    const url = await testRedisUrl();
    const redis = connectRedis({ url, name: 'drop-me', log });
    opened.push(redis);
    let times = 0;
    redis.onReady(() => {
      times += 1;
    });
    await eventually(() => times === 1);
    const admin = createClient({ url });
    await admin.connect();
    const clients = await admin.clientList();
    await admin.clientKill({ filter: 'ID', id: clients.find((one) => one.name === 'drop-me')!.id });
    await eventually(() => times === 2);
    await admin.close();
  });

  it('gets no key of ours without an end', async () => {
    const url = await testRedisUrl();
    const redis = await open(url);
    await markKeys(redis, ['aaaaaaaa', 'bbbbbbbb'], 600);
    await openKeyMarks(redis, 600).confirm('eeeeeeee');
    const admin = createClient({ url });
    await admin.connect();
    for (const key of ['aaaaaaaa', 'bbbbbbbb', 'eeeeeeee'].map((prefix) => `app:key-mark:${prefix}`)) {
      const seconds = await admin.ttl(key);
      expect(seconds).toBeGreaterThan(600);
      expect(seconds).toBeLessThanOrEqual(660);
    }
    await eventually(() => admin.exists('app:write-check:test').then((there) => there === 1), SLOW);
    for (const key of await admin.keys('*')) expect(await admin.ttl(key), key).toBeGreaterThan(0);
    await admin.close();
  });

  it('carries a mark that is another at each change, and the first that is made where there is none', async () => {
    const redis = await open(await testRedisUrl());
    const marks = openKeyMarks(redis, 600);
    expect(await marks.read('cccccccc')).toBeNull();
    const made = await Promise.all(Array.from({ length: 8 }, () => marks.confirm('cccccccc')));
    expect([...new Set(made)]).toEqual([await marks.read('cccccccc')]);
    await markKeys(redis, ['cccccccc'], 600);
    const first = await marks.confirm('cccccccc');
    expect(first).not.toBe(made[0]);
    await markKeys(redis, ['cccccccc'], 600);
    expect(await marks.confirm('cccccccc')).not.toBe(first);
    expect(await marks.read('dddddddd')).toBeNull();
  });
});
