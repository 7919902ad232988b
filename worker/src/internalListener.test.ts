import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceScope } from '@origin-stack/contract/scopes';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { createLog } from '@origin-stack/core/infra/log';
import { createMetrics } from '@origin-stack/core/infra/metrics';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { openTestBed, type TestBed } from '@origin-stack/core/testing/openTestBed';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InternalListener, startInternalListener } from './internalListener.ts';
import { type LedgerVerification, openLedgerVerification } from './ledgerVerification.ts';

let dir: string;
let bed: TestBed;
let verification: LedgerVerification;
let listener: InternalListener;
let url: string;
let file: string;
let listed: object[];
const scraper = generateApiKey('svc');
const verifier = generateApiKey('svc');
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
  bed = await openTestBed();
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-listener-'));
  file = join(dir, 'keys.json');
  listed = [
    entry(scraper, ['metrics:read']),
    entry(verifier, ['ledger:verify']),
    entry(other, ['health:read']),
  ];
  await writeFile(file, JSON.stringify(listed));
  const metrics = createMetrics('worker');
  metrics.set('outbox_waiting', {}, 3);
  const settings = { INTERNAL_HOST: '127.0.0.1', INTERNAL_PORT: 0, SERVICE_KEYS_FILE: file };
  const log = createLog({ service: 'worker', level: 'silent' });
  const core = { settings, metrics, clock: systemClock, log, tls: undefined };
  verification = openLedgerVerification({ ...core, db: bed.worker });
  listener = await startInternalListener({ ...core, verification });
  url = `http://127.0.0.1:${listener.port}`;
});

afterAll(async () => {
  await listener.close();
  await bed.close();
  await rm(dir, { recursive: true });
});

const metricsWith = (key: string) => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
const metricsText = async () => (await metricsWith(scraper.key)).text();

const verifyWith = (key: string) =>
  fetch(`${url}/internal/ledger-verifications`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  });

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

  test.each([
    ['metrics', metricsWith, verifier],
    ['a verification', verifyWith, scraper],
  ])(
    'refuses %s without a key, with an unknown one, and with one of another scope',
    async (_, ask, wrong) => {
      expect((await ask('')).status).toBe(401);
      expect((await ask(generateApiKey('svc').key)).status).toBe(401);
      expect((await ask(other.key)).status).toBe(403);
      expect((await ask(wrong.key)).status).toBe(403);
    },
  );

  test('tells a key whose it is and when it was used here; asking that is no use', async () => {
    const key = generateApiKey('svc');
    await writeFile(file, JSON.stringify([...listed, entry(key, ['metrics:read'])]));
    const who = (bearer: string) =>
      fetch(`${url}/internal/whoami`, { headers: { authorization: `Bearer ${bearer}` } });
    const state = {
      service: 'test',
      key_prefix: `ok_svc_${key.prefix}`,
      scopes: ['metrics:read'],
      expires_at: null,
    };
    for (let i = 0; i < 2; i += 1)
      expect(await (await who(key.key)).json()).toEqual({ ...state, last_used_at: null });
    // The same clock: its microseconds may be a little behind the wall clock's milliseconds.
    const before = systemClock.now();
    await metricsWith(key.key);
    const { last_used_at: lastUse } = (await (await who(key.key)).json()) as { last_used_at: string };
    expect(lastUse >= before).toBe(true);
    await writeFile(file, JSON.stringify(listed));
    expect((await who(key.key)).status).toBe(401);
    expect((await metricsWith(key.key)).status).toBe(401);
  });

  test('knows no other path and no other method', async () => {
    expect((await fetch(`${url}/v1/ingest`)).status).toBe(404);
    expect((await fetch(`${url}/constructor`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    const wrong = await fetch(`${url}/internal/ledger-verifications`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('a verification of all ledgers', () => {
  /** While it holds, a run stands at the first ledger. */
  async function whileLedgersAreLocked(work: () => Promise<void>): Promise<void> {
    await bed.owner.transaction(async (tx) => {
      await tx.raw('lock table ledger_heads in access exclusive mode');
      await work();
    });
  }
  const untilItStands = () =>
    eventually(async () => {
      const { rows } = await bed.owner.raw(
        "select 1 from pg_locks where not granted and relation = 'ledger_heads'::regclass",
      );
      return rows.length > 0;
    });

  test('has no metrics before the first one: a process that began knows nothing', async () => {
    expect(await metricsText()).not.toMatch(/^ledger_/m);
  });

  test('says how much was verified, and when', async () => {
    await bed.newTenant();
    const beforeSeconds = Math.floor(Date.now() / 1000);
    const response = await verifyWith(verifier.key);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ tenants: 1, events: 3, failures: [] });
    const text = await metricsText();
    expect(text).toContain('ledger_verification_failures{service="worker"} 0');
    const [, at] = /^ledger_verified_timestamp_seconds\{service="worker"\} (\d+)$/m.exec(text) ?? [];
    expect(Number(at)).toBeGreaterThanOrEqual(beforeSeconds);
  });

  test('reports a ledger that was tampered with, also in the metrics, until it is good again', async () => {
    const { tenantId } = await bed.newTenant();
    const event = bed.owner('ledger_events').where({ tenant_id: tenantId, sequence: 2 });
    const { canonical_event_json: text } = await event.clone().first();
    await event.clone().update({ canonical_event_json: `${text} ` });
    const response = await verifyWith(verifier.key);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      failures: [
        { tenant_id: tenantId, first_bad_sequence: 2, reason: 'the text does not have the stored hash' },
      ],
    });
    expect(await metricsText()).toContain('ledger_verification_failures{service="worker"} 1');
    await event.clone().update({ canonical_event_json: text });
    expect(await (await verifyWith(verifier.key)).json()).toMatchObject({ failures: [] });
    expect(await metricsText()).toContain('ledger_verification_failures{service="worker"} 0');
  });

  test('refuses a second run beside the first, and lives on meanwhile', async () => {
    let first: Promise<Response> | undefined;
    await whileLedgersAreLocked(async () => {
      first = verifyWith(verifier.key);
      await untilItStands();
      expect((await verifyWith(verifier.key)).status).toBe(409);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    });
    expect((await first)?.status).toBe(200);
    expect((await verifyWith(verifier.key)).status).toBe(200);
  });

  test('that cannot look at every ledger answers 500 and leaves the last result', async () => {
    const before = (await metricsText()).match(/^ledger_.*$/gm);
    await bed.owner.raw('revoke select on ledger_heads from origin_worker');
    expect((await verifyWith(verifier.key)).status).toBe(500);
    await bed.owner.raw('grant select on ledger_heads to origin_worker');
    expect((await metricsText()).match(/^ledger_.*$/gm)).toEqual(before);
    expect((await verifyWith(verifier.key)).status).toBe(200);
  });

  test('ends where the worker stops, without a result', async () => {
    let first: Promise<Response> | undefined;
    let stopped: Promise<void> | undefined;
    await whileLedgersAreLocked(async () => {
      first = verifyWith(verifier.key);
      await untilItStands();
      stopped = verification.stop();
    });
    await stopped;
    expect((await first)?.status).toBe(500);
  });
});
