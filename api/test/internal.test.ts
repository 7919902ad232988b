import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICE_SCOPES, type ServiceScope } from '@origin-stack/contract/scopes';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import type { Log } from '@origin-stack/core/infra/log';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../src/http/listen.ts';
import { buildInternalApp } from '../src/internalApp.ts';
import { type Caller, caller } from './caller.ts';
import { expectProblem } from './expectProblem.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let dir: string;
let file: string;
let api: TestApi;
let listener: Listener;
const lines: { level: string; fields: object; message: string }[] = [];
const collecting = (level: string) => (fields: object, message: string) =>
  void lines.push({ level, fields, message });
const log: Log = {
  debug: collecting('debug'),
  info: collecting('info'),
  warn: collecting('warn'),
  error: collecting('error'),
  child: () => log,
};

interface Made {
  call: Caller;
  entry: object;
  keyPrefix: string;
}

function keyOf(service: string, scopes: ServiceScope[]): Made {
  const { key, prefix } = generateApiKey('svc');
  const sha256 = createHash('sha256').update(key).digest('hex');
  return {
    call: caller({ port: listener.port, key }),
    entry: { prefix, kind: 'svc', service, scopes, sha256, expires_at: null },
    keyPrefix: `ok_svc_${prefix}`,
  };
}

const list = (...keys: Made[]) => writeFile(file, JSON.stringify(keys.map(({ entry }) => entry)));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-internal-'));
  file = join(dir, 'service-keys.json');
  await writeFile(file, '[]');
  api = await startTestApi({ settings: { SERVICE_KEYS_FILE: file } });
  const deps = { ...api.deps, log };
  const options = { deps, name: 'INTERNAL_PORT', host: '127.0.0.1', port: 0 };
  listener = await listen(buildInternalApp(deps), options);
});

afterAll(async () => {
  await listener.close();
  await api.close();
  await rm(dir, { recursive: true });
});

const notification = (...alerts: object[]) => ({ version: '4', receiver: 'product', alerts });
const alert = (status: string, severity: string) => ({
  status,
  labels: { alertname: 'ServiceHealthCheckFailing', severity, instance: 'worker:9443' },
  annotations: { summary: 'worker does not answer' },
  startsAt: '2026-06-01T00:00:00.000Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'a1b2c3d4e5f60718',
});

const ROUTES: [method: string, path: string, scope: ServiceScope, body?: object][] = [
  ['GET', '/metrics', 'metrics:read'],
  ['POST', '/internal/alerts', 'alerts:write', notification()],
];

describe("a service key on the API's internal listener", () => {
  test.each(ROUTES)(
    '%s %s: opens it with its own scope, and with no other',
    async (method, path, scope, body) => {
      const right = keyOf('right', [scope]);
      const wrong = keyOf(
        'wrong',
        SERVICE_SCOPES.filter((one) => one !== scope),
      );
      await list(right, wrong);
      expect((await right.call({ method, path, json: body })).status).toBeLessThan(300);
      expectProblem(await wrong.call({ method, path, json: body }), 'insufficient_scope');
      expectProblem(await keyOf('unlisted', [scope]).call({ method, path, json: body }), 'unauthenticated');
      expectProblem(
        await wrong.call({ method, path, json: body, key: api.tenant.key.keyValue }),
        'unauthenticated',
      );
    },
  );

  test('counts from the moment that it is listed to the moment that it is not', async () => {
    const [older, newer] = [keyOf('prometheus', ['metrics:read']), keyOf('prometheus', ['metrics:read'])];
    const statuses = async () =>
      Promise.all([older, newer].map(async ({ call }) => (await call({ path: '/metrics' })).status));
    await list(older);
    expect(await statuses()).toEqual([200, 401]);
    await list(older, newer);
    expect(await statuses()).toEqual([200, 200]);
    await list(newer);
    expect(await statuses()).toEqual([401, 200]);
  });

  test('is told whose it is and when it was used; asking that is no use', async () => {
    const key = keyOf('prometheus', ['metrics:read']);
    await list(key);
    const state = {
      service: 'prometheus',
      key_prefix: key.keyPrefix,
      scopes: ['metrics:read'],
      expires_at: null,
    };
    const who = () => key.call({ path: '/internal/whoami' });
    for (let i = 0; i < 2; i += 1) expect((await who()).body).toEqual({ ...state, last_used_at: null });
    const before = new Date().toISOString();
    await key.call({ path: '/metrics' });
    const { last_used_at: lastUse } = (await who()).body as { last_used_at: string };
    expect(Date.parse(lastUse)).toBeGreaterThanOrEqual(Date.parse(before));
    await list();
    expectProblem(await who(), 'unauthenticated');
  });
});

describe('what Alertmanager sends', () => {
  const send = async (body: object) => {
    const key = keyOf('alertmanager', ['alerts:write']);
    await list(key);
    return await key.call({ path: '/internal/alerts', json: body });
  };

  test('is logged by its severity and counted', async () => {
    const body = notification(
      alert('firing', 'critical'),
      alert('firing', 'warning'),
      alert('resolved', 'critical'),
    );
    expect((await send(body)).status).toBe(204);
    const said = lines.filter(({ message }) => message.startsWith('alert '));
    expect(said.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'alert firing: ServiceHealthCheckFailing'],
      ['warn', 'alert firing: ServiceHealthCheckFailing'],
      ['info', 'alert resolved: ServiceHealthCheckFailing'],
    ]);
    expect(said[0]?.fields).toMatchObject({
      alert: { status: 'firing', labels: { instance: 'worker:9443' } },
    });
    const text = await api.deps.metrics.scrape();
    const count = (status: string) =>
      new RegExp(
        `^alerts_received_total\\{(?=.*alertname="ServiceHealthCheckFailing").*status="${status}".*\\} (\\d+)$`,
        'm',
      ).exec(text)?.[1];
    expect([count('firing'), count('resolved')]).toEqual(['2', '1']);
  });

  test.each([
    ['of another version', { version: '3', alerts: [] }],
    ['that says neither firing nor resolved', notification(alert('pending', 'critical'))],
    ['without alerts', { version: '4' }],
  ])('%s is refused', async (_, body) => {
    expectProblem(await send(body), 'validation_failed');
  });
});

const hasIpv6 = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .some(({ address }) => address === '::1');

test.skipIf(!hasIpv6)(
  'a listener serves at an IPv6 address, and names it as a URL does where it is taken',
  async () => {
    const options = { deps: { ...api.deps, log }, name: 'INTERNAL_PORT', host: '::1', port: 0 };
    const own = await listen(buildInternalApp(options.deps), options);
    expect((await fetch(`http://[::1]:${own.port}/health/live`)).status).toBe(200);
    const again = listen(buildInternalApp(options.deps), { ...options, port: own.port });
    await expect(again).rejects.toThrow(`listens on [::1]:${own.port}.`);
    await own.close();
  },
);
