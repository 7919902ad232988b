import { ingest } from '@origin-stack/core/domain/ingest/ingest';
import { verifyLedger } from '@origin-stack/core/domain/ledger/verifyLedger';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { openTestBed, type TestBed, type TestTenant } from '@origin-stack/core/testing/openTestBed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FORGE, FORGED, PUT_BACK } from './faults/forgeDecision.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await openTestBed();
});
afterAll(() => bed.close());

const decideFor = async ({ actor }: TestTenant, external_id: string) =>
  (await ingest(bed.ingestDeps(), actor, ingestRequest({ external_id }))).reply;
const decisions = async () =>
  Object.fromEntries(
    (await bed.owner('uploads').select('id', 'decision')).map((row) => [row.id, row.decision]),
  );

test('a forged decision of the tenant of chaos is one that the ledger contradicts, and is put back to the row', async () => {
  const [chaos, other] = [await bed.newTenant('chaos'), await bed.newTenant()];
  const forged = await decideFor(chaos, `${FORGED}1`);
  await decideFor(chaos, 'ordinary');
  await decideFor(other, `${FORGED}2`);
  const before = await decisions();
  await bed.owner.raw(FORGE);
  const { [forged.upload_id]: decision, ...untouched } = await decisions();
  expect(decision).not.toBe(forged.decision);
  expect(before).toEqual({ ...untouched, [forged.upload_id]: forged.decision });
  expect((await verifyLedger({ db: bed.api }, chaos.tenantId)).reason).toContain(forged.upload_id);
  // A second time, as after a run that was killed, changes nothing.
  for (const sql of [...PUT_BACK, ...PUT_BACK]) await bed.owner.raw(sql);
  expect(await decisions()).toEqual(before);
  expect(await verifyLedger({ db: bed.api }, chaos.tenantId)).toMatchObject({ valid: true });
});
