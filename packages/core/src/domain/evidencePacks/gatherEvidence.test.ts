import type { EvidencePack } from '@origin-stack/contract/evidence';
import { readStoredZip } from '@origin-stack/sdk/readStoredZip';
import { verifyPack } from '@origin-stack/sdk/verifyPack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { ingestVersion1 } from '../../testing/ingestVersion1.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestObjects } from '../../testing/openTestObjects.ts';
import { readJwks } from '../certificates/signingKeyStore.ts';
import { renderPackContents } from '../evidence/renderPackContents.ts';
import { ingest } from '../ingest/ingest.ts';
import type { Db, ObjectStore, Tx } from '../ports.ts';
import { buildPack } from './buildPack.ts';
import { gatherEvidence } from './gatherEvidence.ts';
import { getPack } from './getPack.ts';
import { requestPack } from './requestPack.ts';

let bed: TestBed;
let tenant: TestTenant;
let store: { objects: ObjectStore; remove(): Promise<void> };
/** By version of the certificate. */
let uploads: Record<1 | 2, string>;
beforeAll(async () => {
  bed = await openTestBed();
  store = await openTestObjects(bed.keys.keyring);
  tenant = await bed.newTenant();
  const { reply } = await ingest(bed.ingestDeps(), tenant.actor, ingestRequest());
  uploads = { 1: await ingestVersion1(bed.ingestDeps(), tenant.actor), 2: reply.upload_id };
});
afterAll(async () => {
  await store.remove();
  await bed.close();
});

async function request(version: 1 | 2): Promise<string> {
  const deps = { db: bed.api, clock: systemClock, ids: randomIds };
  return (await requestPack(deps, tenant.actor, { upload_id: uploads[version] })).id;
}

async function zipOf(packId: string): Promise<Uint8Array> {
  const deps = { db: bed.worker, clock: systemClock, ids: randomIds, objects: store.objects };
  await buildPack(
    {
      ...deps,
      keys: bed.keys.provider,
      renderReport: async (input) => (await renderPackContents(input)).reportPdf,
    },
    { tenantId: tenant.tenantId, packId, correlationId: 'c', finish: async () => {} },
  );
  const { artifacts }: EvidencePack = await getPack({ db: bed.api }, tenant.actor, packId);
  return store.objects.get(artifacts.find(({ name }) => name === 'pack.zip')?.storage_key ?? '');
}

/** What gathering for a pack finds wrong after `tamper`, which is rolled back. The owner does it: no service may. */
async function faultAfter(version: 1 | 2, tamper: (tx: Tx, uploadId: string) => Promise<unknown>) {
  const packId = await request(version);
  const rolledBack = new Error('rolled back');
  let found: unknown = 'nothing';
  await bed.owner
    .transaction(async (tx) => {
      await tamper(tx, uploads[version]);
      // A transaction of the owner's begins others inside of it, as a database does.
      const gathered = gatherEvidence(tx as Db, { tenantId: tenant.tenantId, packId });
      found = await gathered.then(
        () => 'nothing',
        (error) => error.part ?? error,
      );
      throw rolledBack;
    })
    .catch((error) => {
      if (error !== rolledBack) throw error;
    });
  return found;
}

const upload = (change: object) => (tx: Tx, id: string) => tx('uploads').where({ id }).update(change);
const certificate = (change: (tx: Tx) => object) => (tx: Tx, upload_id: string) =>
  tx('certificates').where({ upload_id }).update(change(tx));
const event = (change: (tx: Tx) => object) => (tx: Tx, upload_id: string) =>
  tx('ledger_events').where({ upload_id, event_type: 'decision.created' }).update(change(tx));
const OTHER_ID = '0190a000-0000-7000-8000-000000000000';

describe('the evidence of an upload', () => {
  it('of version 2 holds policy and models, and the pack is decided again by the published keys', async () => {
    const zip = await zipOf(await request(2));
    const verdict = await verifyPack({ zip, jwks: await readJwks(bed.api) });
    expect(verdict).toMatchObject({ ok: true, signerChecked: true, notCovered: [] });
    expect(verdict.checks.at(-1)).toMatchObject({ name: 'decided_again', ok: true });
    expect(readStoredZip(zip).map(({ name }) => name)).toEqual([
      'certificate.jws',
      'decision.json',
      'inputs.json',
      'jwks.json',
      'ledger.json',
      'manifest.json',
      'manifest.jws',
      'models/anomaly.json',
      'models/risk.json',
      'policy.json',
      'report.pdf',
    ]);
  });

  it('of version 1 stays as it was: eight files, and verified for what it covers', async () => {
    const zip = await zipOf(await request(1));
    const verdict = await verifyPack({ zip, jwks: await readJwks(bed.api) });
    expect(verdict).toMatchObject({ ok: true, signerChecked: true, certificate: { v: 1 } });
    expect(verdict.notCovered).toContain('reasons');
    expect(readStoredZip(zip).map(({ name }) => name)).toEqual([
      'certificate.jws',
      'decision.json',
      'inputs.json',
      'jwks.json',
      'ledger.json',
      'manifest.json',
      'manifest.jws',
      'report.pdf',
    ]);
  });

  it.each([1, 2] as const)('of version %i that nobody touched is gathered', async (version) => {
    expect(await faultAfter(version, async () => {})).toBe('nothing');
  });

  describe.each([1, 2] as const)('of version %i', (version) => {
    it.each<[string, string, (tx: Tx, uploadId: string) => Promise<unknown>]>([
      ['the decision', 'decision', upload({ decision: 'reject' })],
      ['the external id', 'row', upload({ external_id: 'forged' })],
      ['the correlation id', 'row', upload({ correlation_id: 'forged' })],
      ['the time', 'row', upload({ received_at: '2026-01-01T00:00:00.000001Z' })],
      ['the content hash', 'row', upload({ content_sha256: '0'.repeat(64) })],
      ['the place in the ledger', 'row', upload({ ledger_sequence: 1 })],
      ['the certificate that it names', 'certificate', upload({ certificate_id: OTHER_ID })],
      ['the inputs', 'inputs', upload({ decision_inputs_json: '{}' })],
      ['inputs that are no JSON', 'inputs', upload({ decision_inputs_json: 'x' })],
      ['the media type', 'inputs', upload({ media_type: 'image/png' })],
      ['the PVID', 'inputs', upload({ pvid: 'forged' })],
      ['the size', 'inputs', upload({ size_bytes: 1 })],
      ['the certificate', 'certificate', certificate((tx) => ({ jws: tx.raw("jws || 'A'") }))],
      ['the certificate’s upload', 'certificate', certificate(() => ({ upload_id: OTHER_ID }))],
      [
        'the certificate, gone',
        'certificate',
        (tx, upload_id) => tx('certificates').where({ upload_id }).delete(),
      ],
      [
        'the event’s text',
        'ledger event',
        event((tx) => ({
          canonical_event_json: tx.raw(
            `regexp_replace(canonical_event_json, '"id":"[^"]*","type":"api_key"', '"id":"x","type":"api_key"')`,
          ),
        })),
      ],
      ['the event’s kind', 'ledger event', event(() => ({ event_type: 'policy.created' }))],
      [
        'the event, gone',
        'ledger event',
        (tx, upload_id) => tx('ledger_events').where({ upload_id }).delete(),
      ],
      [
        'the version of the policy',
        'policy',
        (tx) => tx('policies').where({ id: tenant.policyId }).update({ version: 9 }),
      ],
    ])('is not gathered where %s was changed', async (_, part, tamper) => {
      expect(await faultAfter(version, tamper)).toBe(part);
    });
  });

  const signal = (change: (tx: Tx) => object) => (tx: Tx, upload_id: string) =>
    tx('risk_signals').where({ upload_id, position: 0 }).update(change(tx));
  const model = (change: (tx: Tx) => object) => (tx: Tx) =>
    tx('model_artifacts').where({ kind: 'risk' }).update(change(tx));
  it.each<[string, string, (tx: Tx, uploadId: string) => Promise<unknown>]>([
    ['a detail', 'reasons or scores', signal(() => ({ detail: 'forged' }))],
    ['a rule', 'reasons or scores', signal(() => ({ rule: 'forged' }))],
    [
      'the signals, gone',
      'reasons or scores',
      (tx, upload_id) => tx('risk_signals').where({ upload_id }).delete(),
    ],
    ['the risk score', 'reasons or scores', upload({ risk_score: 0.5 })],
    [
      'the anomaly score, by the last bit',
      'reasons or scores',
      (tx, id) =>
        tx('uploads')
          .where({ id })
          .update({ anomaly_score: tx.raw('anomaly_score + 1e-15') }),
    ],
    ['a score that is no number', 'reasons or scores', upload({ risk_score: 'NaN' })],
    [
      'the text of the policy',
      'policy',
      (tx) =>
        tx('policies')
          .where({ id: tenant.policyId })
          .update({ document_json: tx.raw("document_json || ' '") }),
    ],
    ['a model', 'risk model', model((tx) => ({ artifact: tx.raw("artifact || ' '") }))],
    ['the model, gone', 'risk model', model(() => ({ sha256: 'x' }))],
  ])('of version 2 is not gathered where %s was changed', async (_, part, tamper) => {
    expect(await faultAfter(2, tamper)).toBe(part);
  });

  it('whose certificate no published key signed is not gathered', async () => {
    const forget = (tx: Tx) =>
      tx('signing_keys').update({ jwk: tx.raw(`jsonb_set(jwk::jsonb, '{kid}', '"other"')`) });
    expect(await faultAfter(2, forget)).toBe('certificate');
  });
});
