import { readFile } from 'node:fs/promises';
import { appendEvents, type EventDraft } from '@origin-stack/core/domain/ledger/appendEvents';
import { createGroupCommit } from '@origin-stack/core/domain/ledger/groupCommit';
import { verifyLedger } from '@origin-stack/core/domain/ledger/verifyLedger';
import type { Db } from '@origin-stack/core/domain/ports';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { createDatabase } from '@origin-stack/core/infra/database';
import { newestModels } from '../embedded/newestModels.ts';
import { serviceFiles } from '../embedded/serviceFiles.ts';
import { type Bench, type BenchPart, mebibytes, perSecond, times } from './part.ts';

const CALLERS = 1_000;
const MAX_BATCH = 500;
const DURATION_MS = 10_000;
const LONG_CHAIN = 1_000_000;
const FILL_BATCH = 2_000;
const APPEND_BOUND = 5_000;

function draftOf(bench: Bench): EventDraft {
  const { ids, clock } = bench.operator;
  const uploadId = ids.next();
  return {
    eventId: ids.next(),
    // Not a decision's: of those, the rows would be looked for.
    type: 'evidence.ready',
    timestamp: clock.now(),
    actor: { type: 'api_key', id: bench.tenantId },
    correlationId: 'bench',
    uploadId,
    body: {
      upload_id: uploadId,
      external_id: 'bench',
      decision: 'allow',
      policy: { id: bench.tenantId, version: 1 },
      models: { risk: 'risk-2026.11.1', anomaly: 'anomaly-2026.11.1' },
      content_sha256: 'a'.repeat(64),
      inputs_sha256: 'b'.repeat(64),
      certificate_id: ids.next(),
      certificate_sha256: 'c'.repeat(64),
    },
  };
}

const newTenant = async ({ operator }: Bench, name: string) =>
  (await createTenant(operator, { name, models: newestModels(operator.models), correlationId: 'bench' }))
    .tenantId;

/** Events a second that `append` takes from many callers at once. */
async function appendRate(callers: number, append: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + DURATION_MS;
  let done = 0;
  const caller = async () => {
    while (performance.now() < endMs) {
      await append();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return done / ((performance.now() - startMs) / 1000);
}

async function fill(bench: Bench, db: Db, tenantId: string): Promise<void> {
  for (let done = 0; done < LONG_CHAIN; done += FILL_BATCH) {
    const drafts = Array.from({ length: FILL_BATCH }, () => draftOf(bench));
    await inTenant(db, tenantId, (tx) => appendEvents(tx, tenantId, drafts));
    if (done % 50_000 === 0)
      bench.step.update(`filling a chain: ${done} of ${LONG_CHAIN}`, done / LONG_CHAIN);
  }
}

/** Appending to one tenant's chain and verifying a long one. */
export const ledger: BenchPart = {
  name: 'ledger',
  title: 'Ledger of one tenant',
  async run(bench) {
    const url = await readFile(serviceFiles(bench.dir).urls.api, 'utf8');
    const db = createDatabase({
      url,
      applicationName: 'bench',
      min: 2,
      max: 16,
      acquireTimeoutMs: 30_000,
      maxLifetimeMs: 600_000,
    });
    try {
      bench.step.update('group commit');
      const grouped = await newTenant(bench, 'bench-grouped');
      const append = createGroupCommit({
        maxBatch: MAX_BATCH,
        maxWaiting: CALLERS,
        isItemsFault: () => false,
        run: (tenantId: string, drafts: EventDraft[]) =>
          inTenant(db, tenantId, (tx) => appendEvents(tx, tenantId, drafts)),
      });
      const groupRate = await appendRate(CALLERS, () => append(grouped, draftOf(bench)));
      bench.step.update('one event a commit');
      const single = await newTenant(bench, 'bench-single');
      const singleRate = await appendRate(16, () =>
        inTenant(db, single, (tx) => appendEvents(tx, single, [draftOf(bench)])),
      );
      const long = await newTenant(bench, 'bench-long');
      await fill(bench, db, long);
      const memory: number[] = [];
      const startMs = performance.now();
      const verdict = await verifyLedger({ db }, long, (events) => {
        if (events % 100_000 === 0) {
          bench.step.update(`verifying: ${events}`, events / LONG_CHAIN);
          globalThis.gc?.();
          memory.push(process.memoryUsage().heapUsed);
        }
      });
      const seconds = (performance.now() - startMs) / 1000;
      if (!verdict.valid) throw new Error(`the chain does not verify: ${verdict.reason}`);
      return [
        {
          what: 'append by group commit',
          value: perSecond(groupRate),
          bound: `≥ ${APPEND_BOUND.toLocaleString('en')}/s`,
          met: groupRate >= APPEND_BOUND,
        },
        { what: 'append, one event a commit', value: perSecond(singleRate) },
        { what: 'group commit to that', value: times(groupRate / singleRate) },
        {
          what: `verification of ${verdict.events.toLocaleString('en')} events`,
          value: perSecond(verdict.events / seconds),
        },
        {
          what: 'heap at a tenth of them, at the end',
          value: `${mebibytes(memory[0] ?? 0)}, ${mebibytes(memory.at(-1) ?? 0)}`,
        },
      ];
    } finally {
      await db.destroy();
    }
  },
};
