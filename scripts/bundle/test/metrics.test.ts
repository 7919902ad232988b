import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { proveItem } from '../../proof/proveItem.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { openProbe, type Probe } from './openProbe.ts';
import { askPublic, testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

/** Three scrapes on a busy host. */
const SCRAPED = { deadlineMs: 90_000, pollMs: 1_000 };

/** Counted only when something has gone wrong, or once a day: their absence is the good case. */
const ONLY_AFTER_A_FAULT = [
  'alerts_received_total',
  'ip_allowlist_unreadable_total',
  'retention_deleted_total',
];

const TARGETS = {
  api: 2,
  worker: 1,
  postgres: 1,
  redis: 1,
  vault: 1,
  minio: 1,
  node: 1,
  nginx: 1,
  blackbox: 1,
  prometheus: 1,
  alertmanager: 1,
  public: 1,
};

let bundle: TheBundle;
let probe: Probe;

beforeAll(async () => {
  bundle = await theBundle();
  probe = await openProbe(bundle, 'monitoring');
});

afterAll(() => probe?.[Symbol.asyncDispose]());

async function ask<Data>(...paths: string[]): Promise<Data[]> {
  const tls = await bundle.identity('prometheus');
  return (await probe.run('askPrometheus', { tls, paths })) as Data[];
}

/** The sum of a metric over all that has it, undefined where nothing does. */
async function valuesOf(queries: string[]): Promise<(number | undefined)[]> {
  const answers = await ask<{ result: { value: [number, string] }[] }>(
    ...queries.map((query) => `query?query=${encodeURIComponent(query)}`),
  );
  return answers.map(({ result }) => (result[0] ? Number(result[0].value[1]) : undefined));
}

interface Target {
  labels: { job: string };
  scrapeUrl: string;
  health: string;
  lastError: string;
}

test('Prometheus sees every part of the bundle, over TLS', async () => {
  await eventually(async () => {
    const [answer] = await ask<{ activeTargets: Target[] }>('targets?state=active');
    const targets = answer?.activeTargets ?? [];
    const counts: Record<string, number> = {};
    for (const { labels } of targets) counts[labels.job] = (counts[labels.job] ?? 0) + 1;
    expect(counts).toEqual(TARGETS);
    for (const { labels, scrapeUrl, health, lastError } of targets) {
      expect({ job: labels.job, health, lastError }).toMatchObject({ health: 'up', lastError: '' });
      expect(scrapeUrl).toMatch(/^https:/);
    }
  }, SCRAPED);
});

test('each metric that the reference names has samples after some traffic and a nightly run', async () => {
  const client = await testClient(bundle);
  await proveItem({ client, jwks: await client.getJwks() }, ingestRequest());
  // What has samples from the first nightly run on.
  const job = ['node', 'scripts/bundle/inContainer/verifyLedgers.ts', 'worker', '9443'];
  await mustDocker(composeArgv(bundle.dir, 'exec', '-T', 'cron', ...job));
  const page = await readFile(join(CHECKOUT, 'docs/reference/metrics.md'), 'utf8');
  const named = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map((found) => found[1] ?? '');
  expect(named.length).toBeGreaterThan(10);
  const names = named.filter((name) => !ONLY_AFTER_A_FAULT.includes(name));
  await eventually(async () => {
    // A histogram's samples have names of their own.
    const values = await valuesOf(names.map((name) => `count({__name__=~"${name}(_count)?"})`));
    expect(names.filter((_, index) => values[index] === undefined)).toEqual([]);
  }, SCRAPED);
});

test('what the exporters see of their servers is good', async () => {
  await eventually(async () => {
    const values = await valuesOf([
      'min(pg_up)',
      'min(redis_up)',
      'min(probe_success)',
      'count(node_memory_MemTotal_bytes)',
      'max(vault_core_unsealed)',
      'min(minio_cluster_nodes_online_total)',
      // What alerts read of others.
      'count(pg_database_size_bytes{datname="origin"})',
      'count(minio_cluster_usage_total_bytes)',
      'count(nginx_http_server_errors_total)',
    ]);
    expect(values).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  }, SCRAPED);
});

test('what callers meet at nginx is counted from its log, by method and status', async () => {
  const query = 'sum(nginx_http_requests_total{method="GET",status="404"})';
  const [before = 0] = await valuesOf([query]);
  const send = askPublic(bundle);
  for (let count = 0; count < 7; count += 1) expect((await send('/nowhere')).status).toBe(404);
  await eventually(async () => {
    const [after = 0] = await valuesOf([query]);
    expect(after - before).toBe(7);
    const [spent] = await valuesOf(['sum(nginx_http_request_duration_seconds_count)']);
    expect(spent).toBeGreaterThanOrEqual(7);
  }, SCRAPED);
});
