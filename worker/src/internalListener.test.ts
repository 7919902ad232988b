import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceScope } from '@origin-stack/contract/scopes';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { createLog } from '@origin-stack/core/infra/log';
import { createMetrics } from '@origin-stack/core/infra/metrics';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InternalListener, startInternalListener } from './internalListener.ts';

let dir: string;
let listener: InternalListener;
let url: string;
const scraper = generateApiKey('svc');
const other = generateApiKey('svc');

const entry = ({ key, prefix }: { key: string; prefix: string }, scopes: ServiceScope[]) => ({
  prefix,
  kind: 'svc',
  service: 'test',
  scopes,
  sha256: createHash('sha256').update(key).digest('hex'),
  expires_at: null,
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-listener-'));
  const file = join(dir, 'keys.json');
  await writeFile(file, JSON.stringify([entry(scraper, ['metrics:read']), entry(other, ['health:read'])]));
  const metrics = createMetrics('worker');
  metrics.set('outbox_waiting', {}, 3);
  const settings = { INTERNAL_HOST: '127.0.0.1', INTERNAL_PORT: 0, SERVICE_KEYS_FILE: file };
  listener = await startInternalListener({
    settings,
    metrics,
    clock: systemClock,
    log: createLog({ service: 'worker', level: 'silent' }),
    tls: undefined,
  });
  url = `http://127.0.0.1:${listener.port}`;
});

afterAll(async () => {
  await listener.close();
  await rm(dir, { recursive: true });
});

const metricsWith = (key: string) => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });

describe("the worker's internal listener", () => {
  test('tells that the process lives, to anybody', async () => {
    const response = await fetch(`${url}/health/live`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'healthy' });
  });

  test('gives metrics to a service key with metrics:read', async () => {
    const response = await metricsWith(scraper.key);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('outbox_waiting{service="worker"} 3');
  });

  test('refuses metrics without a key, with an unknown one, and with one of another scope', async () => {
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await metricsWith(generateApiKey('svc').key)).status).toBe(401);
    expect((await metricsWith(other.key)).status).toBe(403);
  });

  test('knows no other path and no other method', async () => {
    expect((await fetch(`${url}/v1/ingest`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });
});
