import type { IngestRequest } from '@origin-stack/contract/ingest';
import type { PolicyDocument } from '@origin-stack/contract/policies';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { openTestPool } from '../../testing/openTestPools.ts';
import { createPolicy } from '../policy/createPolicy.ts';
import type { Db } from '../ports.ts';
import { type IngestDeps, ingest } from './ingest.ts';

const AT_ONCE = 50;
const MOST = 5;

let bed: TestBed;
let otherPool: Db;
let tenant: TestTenant;
beforeAll(async () => {
  bed = await openTestBed();
  otherPool = openTestPool(bed.database.apiUrl, 16);
});
afterAll(async () => {
  await otherPool.destroy();
  await bed.close();
});

/** A policy that rejects from so many uploads in 24 hours on, and nothing else. */
async function velocityPolicy(input: 'upload_velocity_24h' | 'device_velocity_24h'): Promise<string> {
  tenant = await bed.newTenant();
  const document: PolicyDocument = {
    rules: [
      { name: 'too_many', when: { input, op: 'gte', value: MOST }, then: 'reject', detail: 'too many' },
    ],
    thresholds: { risk: { review: 1, quarantine: 1, reject: 1 }, anomaly: { review: 1, quarantine: 1 } },
    risk_model_version: bed.versions.risk,
    anomaly_model_version: bed.versions.anomaly,
  };
  const deps = { ...bed.ingestDeps(), db: bed.owner };
  return (await createPolicy(deps, tenant.actor, { name: input, document })).id;
}

/** Sends them all at once, to two replicas in turn. */
async function sendAtOnce(requests: IngestRequest[]) {
  const replicas = [bed.ingestDeps(), bed.ingestDeps({ db: otherPool })];
  const replica = (index: number) => replicas[index % replicas.length] as IngestDeps;
  return Promise.all(requests.map((request, index) => ingest(replica(index), tenant.actor, request)));
}

async function storedVelocities(name: 'upload_velocity_24h' | 'device_velocity_24h'): Promise<number[]> {
  const rows = await bed.owner('uploads').where({ tenant_id: tenant.tenantId });
  return rows
    .map((row: { decision_inputs_json: string }) => JSON.parse(row.decision_inputs_json).features[name])
    .sort((one: number, other: number) => one - other);
}

/** Advisory locks of this database, and what writers of its tables hold. */
async function locksHeld(): Promise<object[]> {
  const { rows } = await bed.owner.raw(
    `select locktype, relation::regclass::text, mode from pg_locks where pid <> pg_backend_pid()
       and database = (select oid from pg_database where datname = current_database())
       and (locktype = 'advisory' or (mode in ('RowShareLock', 'RowExclusiveLock')
         and relation in (select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace)))`,
  );
  return rows;
}

const underWay = () => bed.owner('uploads_under_way').where({ tenant_id: tenant.tenantId });
const inTurn = Array.from({ length: AT_ONCE }, (_, index) => index);

describe('uploads at once get no more through a rule than one after the other', () => {
  it('of an account that is new, over two replicas', async () => {
    const policy_id = await velocityPolicy('upload_velocity_24h');
    const account = { external_id: 'busy' };
    const replies = await sendAtOnce(inTurn.map(() => ingestRequest({ account, policy_id })));
    expect(replies.filter(({ reply }) => reply.decision === 'allow')).toHaveLength(MOST);
    expect(await storedVelocities('upload_velocity_24h')).toEqual(inTurn);
    expect(await underWay()).toEqual([]);
  });

  it('of a device that many accounts share, each with others of its own', async () => {
    const policy_id = await velocityPolicy('device_velocity_24h');
    const device = { external_id: 'shared' };
    const accountOf = (index: number) => ({ external_id: `account-${index % 7}` });
    const replies = await sendAtOnce(
      inTurn.map((index) => ingestRequest({ account: accountOf(index), device, policy_id })),
    );
    expect(replies.filter(({ reply }) => reply.decision === 'allow')).toHaveLength(MOST);
    expect(await storedVelocities('device_velocity_24h')).toEqual(inTurn);
    expect(await underWay()).toEqual([]);
  });
});

describe('an upload that is under way', () => {
  const account = { external_id: 'one' };
  const send = (request: IngestRequest, more: Partial<IngestDeps> = {}) =>
    ingest({ ...bed.ingestDeps(), ...more }, tenant.actor, request);

  it('is not counted by a repetition of itself, which gets the first reply', async () => {
    const policy_id = await velocityPolicy('upload_velocity_24h');
    const request = ingestRequest({ account, policy_id });
    const replies = await sendAtOnce(inTurn.map(() => request));
    expect(new Set(replies.map(({ reply }) => reply.upload_id)).size).toBe(1);
    expect(await storedVelocities('upload_velocity_24h')).toEqual([0]);
    expect(await underWay()).toEqual([]);
  });

  it('is no longer where its decision fails', async () => {
    const policy_id = await velocityPolicy('upload_velocity_24h');
    await send(ingestRequest({ account, policy_id }));
    const failing = { commit: () => Promise.reject(new Error('no commit')) };
    await expect(send(ingestRequest({ account, policy_id }), failing)).rejects.toThrow('no commit');
    expect(await underWay()).toEqual([]);
    await send(ingestRequest({ account, policy_id }));
    expect(await storedVelocities('upload_velocity_24h')).toEqual([0, 1]);
  });

  it('holds no lock while its certificate is signed, of an account and a device that are new or known', async () => {
    const policy_id = await velocityPolicy('upload_velocity_24h');
    const held: unknown[] = [];
    const { keys } = bed.ingestDeps();
    const watched: IngestDeps['keys'] = {
      ...keys,
      signingKey: keys.signingKey,
      async sign(input) {
        held.push(await locksHeld());
        return keys.sign(input);
      },
    };
    const device = { external_id: 'one' };
    for (let time = 0; time < 2; time += 1) {
      await send(ingestRequest({ account, device, policy_id }), { keys: watched });
    }
    expect(held).toEqual([[], []]);
  });

  it('counts for a minute where its process died', async () => {
    const policy_id = await velocityPolicy('upload_velocity_24h');
    await send(ingestRequest({ account, policy_id }));
    const { account_id } = await bed.owner('uploads').where({ tenant_id: tenant.tenantId }).first();
    const died = (seconds: number) => ({
      tenant_id: tenant.tenantId,
      external_id: `died ${seconds}`,
      id: randomIds.next(),
      account_id,
      begun_at: bed.owner.raw(`now() - interval '${seconds} seconds'`),
    });
    await bed.owner('uploads_under_way').insert([died(20), died(61)]);
    await send(ingestRequest({ account, policy_id }));
    expect(await storedVelocities('upload_velocity_24h')).toEqual([0, 2]);
  });
});
