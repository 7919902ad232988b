import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { ingestVersion1 } from '../../testing/ingestVersion1.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestObjects } from '../../testing/openTestObjects.ts';
import { renderPackContents } from '../evidence/renderPackContents.ts';
import { buildPack } from '../evidencePacks/buildPack.ts';
import { requestPack } from '../evidencePacks/requestPack.ts';
import { ingest } from '../ingest/ingest.ts';
import type { Tx } from '../ports.ts';
import { applyRetention } from '../retention/applyRetention.ts';
import { verifyLedger } from './verifyLedger.ts';
import { verifyLedgers } from './verifyLedgers.ts';

/** Policy and models of a new tenant, then two uploads and a pack. */
const SEQUENCE = { policy: 3, 1: 4, 2: 5, pack: 6 } as const;
const EVENTS = 6;
const OTHER_ID = '0190a000-0000-7000-8000-000000000000';

let bed: TestBed;
let tenant: TestTenant;
let uploads: { 1: string; 2: string };
let packId: string;
let store: Awaited<ReturnType<typeof openTestObjects>>;
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
  tenant = await bed.newTenant();
  const first = await ingestVersion1(bed.ingestDeps(), tenant.actor);
  const { reply } = await ingest(bed.ingestDeps(), tenant.actor, ingestRequest());
  uploads = { 1: first, 2: reply.upload_id };
  packId = await packOf(reply.upload_id);
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

async function packOf(uploadId: string): Promise<string> {
  const deps = { clock: systemClock, ids: randomIds };
  const { id } = await requestPack({ ...deps, db: bed.api }, tenant.actor, { upload_id: uploadId });
  const build = { ...deps, db: bed.worker, keys: bed.keys.provider, objects: store.objects };
  await buildPack(
    { ...build, renderReport: async (input) => (await renderPackContents(input)).reportPdf },
    { tenantId: tenant.tenantId, packId: id, correlationId: 'c', finish: async () => {} },
  );
  return id;
}

/** What `verifyLedger` says after `tamper`, which is rolled back. The owner does it: no service may. */
async function verdictAfter(tamper: (tx: Tx) => Promise<unknown>) {
  const rolledBack = new Error('rolled back');
  let verdict: Awaited<ReturnType<typeof verifyLedger>> | undefined;
  await bed.owner
    .transaction(async (tx) => {
      await tamper(tx);
      verdict = await verifyLedger({ db: tx }, tenant.tenantId);
      throw rolledBack;
    })
    .catch((error) => {
      if (error !== rolledBack) throw error;
    });
  return verdict;
}

const bad = (sequence: number, reason: string) => ({
  valid: false,
  events: sequence - 1,
  first_bad_sequence: sequence,
  reason,
});
const stored = (version: 1 | 2, part: string) =>
  bad(
    SEQUENCE[version],
    `upload ${uploads[version]}: its stored ${part} and the event contradict each other`,
  );

type Tamper = (tx: Tx, uploadId: string) => Promise<unknown>;
const upload =
  (change: object): Tamper =>
  (tx, id) =>
    tx('uploads').where({ id }).update(change);
const signals =
  (change: object): Tamper =>
  (tx, upload_id) =>
    tx('risk_signals').where({ upload_id }).update(change);
const policy = (change: (tx: Tx) => object) => (tx: Tx) =>
  tx('policies').where({ id: tenant.policyId }).update(change(tx));

describe('verifyLedger, of the tables', () => {
  it('finds nothing wrong where nobody touched them, as each service’s role', async () => {
    const good = { valid: true, events: EVENTS, first_bad_sequence: null, reason: null };
    expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toEqual(good);
    expect(await verifyLedger({ db: bed.worker }, tenant.tenantId)).toEqual(good);
    expect(await verdictAfter(async () => {})).toEqual(good);
  });

  describe.each([1, 2] as const)('for a certificate of version %i', (version) => {
    it.each<[string, string, Tamper]>([
      ['a changed decision', 'decision', upload({ decision: 'reject' })],
      ['a changed external id', 'row', upload({ external_id: 'forged' })],
      ['changed inputs', 'inputs', upload({ decision_inputs_json: '{}' })],
      ['a changed PVID', 'inputs', upload({ pvid: 'forged' })],
      ['another time', 'row', upload({ received_at: '2026-01-01T00:00:00.000001Z' })],
      [
        'another certificate',
        'certificate',
        (tx, upload_id) =>
          tx('certificates')
            .where({ upload_id })
            .update({ jws: tx.raw("jws || 'A'") }),
      ],
      [
        'a certificate that is gone',
        'certificate',
        (tx, upload_id) => tx('certificates').where({ upload_id }).delete(),
      ],
    ])('finds %s, and names the upload', async (_, part, tamper) => {
      expect(await verdictAfter((tx) => tamper(tx, uploads[version]))).toEqual(stored(version, part));
    });

    it('finds an upload that is gone and that retention did not delete', async () => {
      const gone = await verdictAfter((tx) => tx('uploads').where({ id: uploads[version] }).delete());
      const reason = `upload ${uploads[version]} is gone, and retention did not delete it`;
      expect(gone).toEqual(bad(SEQUENCE[version], reason));
    });
  });

  it.each<[string, Tamper]>([
    ['a forged reason', signals({ detail: 'forged' })],
    ['reasons that are gone', (tx, upload_id) => tx('risk_signals').where({ upload_id }).delete()],
    [
      'a reason more',
      (tx, upload_id) =>
        tx('risk_signals').insert({
          tenant_id: tenant.tenantId,
          upload_id,
          position: 9,
          rule: 'r',
          input: 'i',
          detail: 'd',
        }),
    ],
    ['a changed risk score', upload({ risk_score: 0.5 })],
    ['a changed anomaly score', upload({ anomaly_score: 0.123456 })],
  ])('finds %s where version 2 covers it', async (_, tamper) => {
    expect(await verdictAfter((tx) => tamper(tx, uploads[2]))).toEqual(stored(2, 'reasons or scores'));
    // Version 1 covers neither: nobody can say what they were.
    expect(await verdictAfter((tx) => tamper(tx, uploads[1]))).toMatchObject({ valid: true });
  });

  it('finds a policy whose text, hash or version was changed, or that is gone', async () => {
    const reason = `policy ${tenant.policyId}: its stored text or version and the event contradict each other`;
    for (const change of [
      policy((tx) => ({ document_json: tx.raw("replace(document_json, '0.95', '0.96')") })),
      policy(() => ({ sha256: '0'.repeat(64) })),
      policy(() => ({ version: 9 })),
    ]) {
      expect(await verdictAfter(change)).toEqual(bad(SEQUENCE.policy, reason));
    }
    const renamed = (tx: Tx) =>
      tx.raw(`
      set constraints all deferred; alter table uploads drop constraint uploads_policy_id_fkey;
      delete from policies where id = '${tenant.policyId}'`);
    expect(await verdictAfter(renamed)).toEqual(bad(SEQUENCE.policy, `policy ${tenant.policyId} is gone`));
  });

  it('finds a decision made by a policy’s text that was changed for it and put back', async () => {
    const { actor, tenantId, policyId } = await bed.newTenant();
    const row = bed.owner('policies').where({ id: policyId });
    const { document_json } = await row.clone().first();
    await row.clone().update({ document_json: document_json.replace('0.95', '0.96') });
    const { reply } = await ingest(bed.ingestDeps(), actor, ingestRequest());
    await row.clone().update({ document_json });
    expect(await verifyLedger({ db: bed.api }, tenantId)).toMatchObject({
      first_bad_sequence: reply.ledger.sequence,
      reason: `upload ${reply.upload_id}: its stored policy and the event contradict each other`,
    });
  });

  it('finds a pack whose manifest or upload was changed', async () => {
    const pack = (change: object) => (tx: Tx) => tx('evidence_packs').where({ id: packId }).update(change);
    const reason = `pack ${packId}: its stored manifest or upload and the event contradict each other`;
    expect(await verdictAfter(pack({ manifest_jws: 'a.b.c' }))).toEqual(bad(SEQUENCE.pack, reason));
    expect(await verdictAfter(pack({ manifest_jws: null }))).toEqual(bad(SEQUENCE.pack, reason));
    expect(await verdictAfter(pack({ upload_id: uploads[1] }))).toEqual(bad(SEQUENCE.pack, reason));
    const gone = (tx: Tx) => tx('evidence_packs').where({ id: packId }).delete();
    expect(await verdictAfter(gone)).toMatchObject({ valid: true });
  });

  it('finds an upload and a policy that no event proves', async () => {
    const copy = (table: string, from: string, changes: string) => (tx: Tx) =>
      tx.raw(
        `create temporary table forged on commit drop as select * from ${table} where id = '${from}';
         update forged set id = '${OTHER_ID}', ${changes}; insert into ${table} select * from forged`,
      );
    const forged = (sequence: number) =>
      copy('uploads', uploads[2], `external_id = 'forged', ledger_sequence = ${sequence}`);
    for (const sequence of [SEQUENCE[2], SEQUENCE.policy, 1_000_000]) {
      expect(await verdictAfter(forged(sequence))).toEqual({
        ...bad(sequence, `upload ${OTHER_ID} has no event`),
        events: EVENTS,
      });
    }
    expect(await verdictAfter(copy('policies', tenant.policyId, 'version = 2'))).toEqual({
      ...bad(EVENTS + 1, `policy ${OTHER_ID} has no event`),
    });
  });

  it('finds a finished pack that no event proves', async () => {
    const forge = (tx: Tx) =>
      tx.raw(
        `create temporary table forged on commit drop as select * from evidence_packs where id = '${packId}';
         update forged set id = '${OTHER_ID}'; insert into evidence_packs select * from forged`,
      );
    expect(await verdictAfter(forge)).toEqual({
      ...bad(SEQUENCE[2], `pack ${OTHER_ID} has no event`),
      events: EVENTS,
    });
    const finished = (status: string) => async (tx: Tx) => {
      await forge(tx);
      await tx('evidence_packs').where({ id: OTHER_ID }).update({ status });
    };
    for (const status of ['pending', 'failed']) {
      expect(await verdictAfter(finished(status))).toMatchObject({ valid: true });
    }
  });

  it('takes no upload that retention deleted for one that is missing, and still finds one that it did not', async () => {
    const own = await bed.newTenant();
    const daysAgo = (days: number) => {
      const ms = Date.now() - days * 86_400_000;
      return { now: () => new Date(ms).toISOString().replace('Z', '000Z'), epochMs: () => ms };
    };
    const decideAt = async (days: number) =>
      (await ingest(bed.ingestDeps({ clock: daysAgo(days) }), own.actor, ingestRequest())).reply;
    const [old, young] = [await decideAt(40), await decideAt(1)];
    const days = { uploads: 30, deliveries: 30, outbox: 30 };
    const deleted = await applyRetention(
      { db: bed.worker, clock: systemClock, objects: store.objects },
      days,
    );
    expect(deleted.uploads).toBe(1);
    expect(await bed.owner('uploads').where({ id: old.upload_id })).toEqual([]);
    expect(await verifyLedger({ db: bed.worker }, own.tenantId)).toMatchObject({ valid: true });
    await bed.owner('uploads').where({ id: young.upload_id }).delete();
    expect(await verifyLedger({ db: bed.worker }, own.tenantId)).toMatchObject({
      first_bad_sequence: young.ledger.sequence,
      reason: `upload ${young.upload_id} is gone, and retention did not delete it`,
    });
  });

  it('is part of the nightly run over all tenants', async () => {
    const { tenantId, actor } = await bed.newTenant();
    const { reply } = await ingest(bed.ingestDeps(), actor, ingestRequest());
    await bed.owner('risk_signals').where({ upload_id: reply.upload_id }).update({ rule: 'forged' });
    const { failures } = await verifyLedgers({ db: bed.worker });
    expect(failures).toContainEqual({
      tenant_id: tenantId,
      first_bad_sequence: reply.ledger.sequence,
      reason: `upload ${reply.upload_id}: its stored reasons or scores and the event contradict each other`,
    });
  });

  it('goes on beside ingests and calls nothing wrong that is under way', async () => {
    const { tenantId, actor } = await bed.newTenant();
    let isDone = false;
    const deciding = (async () => {
      while (!isDone) {
        await Promise.all([1, 2, 3].map(() => ingest(bed.ingestDeps(), actor, ingestRequest())));
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      expect(await verifyLedger({ db: bed.worker }, tenantId)).toMatchObject({ valid: true, reason: null });
    }
    isDone = true;
    await deciding;
  });
});
