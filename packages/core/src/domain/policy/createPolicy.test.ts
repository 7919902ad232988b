import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { verifyLedger } from '../ledger/verifyLedger.ts';
import { createPolicy } from './createPolicy.ts';
import { defaultPolicy } from './defaultPolicy.ts';
import { getPolicy, listPolicies } from './readPolicies.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await openTestBed();
});
afterAll(() => bed.close());

const deps = () => ({ db: bed.api, clock: systemClock, ids: randomIds, models: bed.models });
const eventsOf = async (tenantId: string) => {
  const rows = await bed.owner('ledger_events').where({ tenant_id: tenantId }).orderBy('sequence');
  return rows.map((row) => JSON.parse(row.canonical_event_json));
};

it('gives a new tenant a ledger that tells of its models and its first policy', async () => {
  const { tenantId, policyId } = await bed.newTenant();
  const events = await eventsOf(tenantId);
  expect(events.map((event) => event.event_type)).toEqual(['model.loaded', 'model.loaded', 'policy.created']);
  const risk = bed.models.find('risk', bed.versions.risk)!;
  expect(events[0].body).toEqual({ kind: 'risk', version: risk.version, sha256: risk.sha256 });
  expect(events[2].body).toMatchObject({ policy_id: policyId, version: 1 });
  expect(events[2].actor).toEqual({ type: 'operator', id: 'stack' });
});

it('adds versions, never changes one, hashes the canonical document, and names each model once', async () => {
  const { tenantId, actor, policyId } = await bed.newTenant();
  const first = await getPolicy({ db: bed.api }, actor, policyId);
  const document = { ...defaultPolicy(bed.versions), rules: [] };
  const made = await createPolicy(deps(), actor, { name: 'default', document });
  expect(made).toMatchObject({ version: 2, document });
  expect(made.sha256).toBe(
    createHash('sha256')
      .update(canonicalize(document) as string)
      .digest('hex'),
  );
  expect(await getPolicy({ db: bed.api }, actor, made.id)).toEqual(made);
  expect(await getPolicy({ db: bed.api }, actor, policyId)).toEqual(first);
  const types = (await eventsOf(tenantId)).map((event) => event.event_type);
  expect(types.slice(3)).toEqual(['policy.created']);
  const listed = await listPolicies({ db: bed.api }, actor, { limit: 1 });
  expect(listed.items).toEqual([made]);
  const rest = await listPolicies({ db: bed.api }, actor, { limit: 1, cursor: listed.next_cursor! });
  expect(rest).toEqual({ items: [first], next_cursor: null });
});

it('numbers versions without gap or double where ten are made at once', async () => {
  const { tenantId, actor } = await bed.newTenant();
  const document = defaultPolicy(bed.versions);
  const made = await Promise.all(
    Array.from({ length: 10 }, () => createPolicy(deps(), actor, { name: 'own', document })),
  );
  expect(made.map((one) => one.version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await verifyLedger({ db: bed.api }, tenantId)).toMatchObject({ valid: true, events: 13 });
});

it('refuses a policy on a model that is not loaded, and writes nothing', async () => {
  const { tenantId, actor } = await bed.newTenant();
  const document = defaultPolicy({ ...bed.versions, anomaly: 'anomaly-1999.1.1' });
  await expect(createPolicy(deps(), actor, { name: 'default', document })).rejects.toMatchObject({
    code: 'unprocessable',
    errors: [{ pointer: '/document/anomaly_model_version', message: 'names no model that is loaded' }],
  });
  expect(await eventsOf(tenantId)).toHaveLength(3);
});

it('refuses a policy that contradicts itself, and writes nothing', async () => {
  const { tenantId, actor } = await bed.newTenant();
  const document = defaultPolicy(bed.versions);
  document.thresholds.risk.review = 1;
  await expect(createPolicy(deps(), actor, { name: 'default', document })).rejects.toMatchObject({
    code: 'unprocessable',
    errors: [{ pointer: '/document/thresholds/risk/review' }],
  });
  expect(await eventsOf(tenantId)).toHaveLength(3);
});

it('shows no tenant another one’s policy', async () => {
  const [mine, theirs] = [await bed.newTenant(), await bed.newTenant()];
  await expect(getPolicy({ db: bed.api }, mine.actor, theirs.policyId)).rejects.toMatchObject({
    code: 'not_found',
  });
});
