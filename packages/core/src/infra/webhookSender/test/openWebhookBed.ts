import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@origin-stack/testkit/database';
import { createSecretBox } from '../../../domain/keys/secretBox.ts';
import { claimWork, finishRun, retryRun, startRun } from '../../../domain/outbox/outboxStore.ts';
import type { Actor, Tx } from '../../../domain/ports.ts';
import { inTenant } from '../../../domain/tenants/inTenant.ts';
import { insertTenant } from '../../../domain/tenants/tenantStore.ts';
import { createAddressRules } from '../../../domain/webhooks/addressRules.ts';
import { isEndpointDown } from '../../../domain/webhooks/attemptDelivery.ts';
import { deliver } from '../../../domain/webhooks/deliver.ts';
import type { DeliveryResult } from '../../../domain/webhooks/recordAttempt.ts';
import { createBreakers } from '../../breakers.ts';
import { createDatabase } from '../../database.ts';
import { createLocalKeys, openLocalKeys } from '../../keyProviders/local.ts';
import { randomIds } from '../../randomIds.ts';
import { formatMicros } from '../../systemClock.ts';
import { createWebhookSender } from '../webhookSender.ts';

const pool = { applicationName: 'webhook-test', min: 0, acquireTimeoutMs: 5_000, maxLifetimeMs: 600_000 };

/**
 * All that webhooks run on, real: a database with its roles, keys in files, the outbox, the breakers and the
 * sender, which may reach loopback. Only the clock, which the test moves, and the jitter, which is none, are given.
 */
export async function openWebhookBed() {
  const database = await createTestDatabase();
  const owner = createDatabase({ ...pool, url: database.ownerUrl, max: 2 });
  const api = createDatabase({ ...pool, url: database.apiUrl, max: 4 });
  const worker = createDatabase({ ...pool, url: database.workerUrl, max: 4 });
  const path = await mkdtemp(join(tmpdir(), 'webhook-keys-'));
  await createLocalKeys({ path, signingKeyId: 'k1', bits: 2048 });
  const keys = await openLocalKeys({ path, signingKeyId: 'k1', salt: randomBytes(16).toString('hex') });
  let nowMs = Date.now();
  const addresses = createAddressRules({ allowedCidrs: ['127.0.0.0/8'], neverEndpoints: [] });
  const deps = {
    db: api,
    clock: { now: () => formatMicros(nowMs * 1000), epochMs: () => nowMs },
    ids: randomIds,
    secrets: createSecretBox(keys),
    addresses,
  };
  const deliverDeps = {
    ...deps,
    db: worker,
    sender: await createWebhookSender({ rules: addresses, timeoutMs: 1_000 }),
    breakers: createBreakers({
      max: 100,
      failures: 1_000,
      halfOpenAfterMs: 30_000,
      isFailure: isEndpointDown,
    }),
    random: () => 0.5,
  };

  async function newActor(): Promise<Actor> {
    const tenantId = randomIds.next();
    const tenant = { id: tenantId, name: 'Acme', createdAt: deps.clock.now() };
    await inTenant(owner, tenantId, (tx) => insertTenant(tx, tenant));
    return { tenantId, type: 'api_key', id: randomIds.next(), correlationId: `c-${tenantId}` };
  }

  /** Makes all work due and begins each piece once, as the runner does. */
  async function begin() {
    await owner.raw('update outbox set available_at = now() where done_at is null and running is null');
    const claimed = await claimWork(worker, 100, 60);
    const begun = claimed.map(async ({ id, tenant_id: tenantId, claim }) => {
      const run = { id, tenantId, run: randomIds.next() };
      const started = await inTenant(worker, tenantId, (tx) =>
        startRun(tx, { ...run, claim, leaseSeconds: 60 }),
      );
      if (!started) throw new Error('the work was begun by another');
      return { run, started, deliveryId: (started.payload as { delivery_id: string }).delivery_id };
    });
    return Promise.all(begun);
  }

  type Begun = Awaited<ReturnType<typeof begin>>[number];

  const workOf = ({ run, started }: Begun) => ({
    tenantId: run.tenantId,
    runs: started.attempts,
    signal: new AbortController().signal,
    async finish(tx: Tx) {
      if (!(await finishRun(tx, run))) throw new Error('lease lost');
    },
    async retry(tx: Tx, after: { delayMs: number; error: string }) {
      if (!(await retryRun(tx, { ...run, ...after }))) throw new Error('lease lost');
    },
  });

  const act = (begun: Begun, more: Partial<typeof deliverDeps> = {}): Promise<DeliveryResult> =>
    deliver({ ...deliverDeps, ...more }, workOf(begun), begun.deliveryId);

  return {
    deps,
    deliverDeps,
    owner,
    newActor,
    begin,
    act,
    /** Makes all work due, tries each piece once, and tells how it went, in no order. */
    async deliverAll(more: Partial<typeof deliverDeps> = {}): Promise<DeliveryResult[]> {
      return Promise.all((await begin()).map((begun) => act(begun, more)));
    },
    openWork: async () =>
      (await owner('outbox').whereNull('done_at').select('attempts', 'last_error')).length,
    /** How many sessions of this database wait for a lock. */
    async waiting(): Promise<number> {
      const { rows } = await owner.raw(
        `select 1 from pg_locks l join pg_stat_activity a using (pid)
         where not l.granted and a.datname = current_database()`,
      );
      return rows.length;
    },
    passHours(hours: number) {
      nowMs += hours * 3_600_000;
    },
    passSeconds(seconds: number) {
      nowMs += seconds * 1000;
    },
    async close() {
      await Promise.all([owner.destroy(), api.destroy(), worker.destroy()]);
      await rm(path, { recursive: true });
      await database.drop();
    },
  };
}

export type WebhookBed = Awaited<ReturnType<typeof openWebhookBed>>;
