import { createHash, createHmac } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestReply, IngestRequest } from '@origin-stack/contract/ingest';
import { verifyCertificate } from '@origin-stack/sdk/verifyCertificate';
import canonicalize from 'canonicalize';
import { compactVerify, createLocalJWKSet } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { systemClock } from '../../infra/systemClock.ts';
import { ingestRequest } from '../../testing/ingestRequest.ts';
import { openTestBed, type TestBed, type TestTenant } from '../../testing/openTestBed.ts';
import { getCertificate } from '../certificates/getCertificate.ts';
import { readJwks } from '../certificates/signingKeyStore.ts';
import { readEventsOfUpload } from '../ledger/ledgerStore.ts';
import { verifyLedger } from '../ledger/verifyLedger.ts';
import { createPolicy } from '../policy/createPolicy.ts';
import { getPolicy } from '../policy/readPolicies.ts';
import { createSubjectKeyring } from '../subjects/subjectKeys.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { ingest } from './ingest.ts';
import { getUpload, listUploads } from './readUploads.ts';

let bed: TestBed;
let tenant: TestTenant;
beforeAll(async () => {
  bed = await openTestBed();
  tenant = await bed.newTenant();
});
afterAll(() => bed.close());

const hash = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const send = (request: IngestRequest, deps = bed.ingestDeps(), actor = tenant.actor) =>
  ingest(deps, actor, request);

/** The log of the test's server lies beside its data. */
async function serverLog(): Promise<string> {
  const client = new pg.Client({ connectionString: bed.database.superuserUrl });
  await client.connect();
  try {
    const { rows } = await client.query('show data_directory');
    return join(rows[0].data_directory, '../log/postgres.log');
  } finally {
    await client.end();
  }
}

async function countsOf(tenantId: string) {
  const count = async (table: string) => {
    const [row] = await bed.owner(table).where({ tenant_id: tenantId }).count({ n: '*' });
    return Number(row?.n);
  };
  return {
    uploads: await count('uploads'),
    certificates: await count('certificates'),
    signals: await count('risk_signals'),
    work: await count('outbox'),
    events: await count('ledger_events'),
  };
}

describe('ingest', () => {
  it('answers with what is stored, and lists the newest first', async () => {
    const { created, reply } = await send(ingestRequest());
    expect(created).toBe(true);
    const upload = await getUpload({ db: bed.api }, tenant.actor, reply.upload_id);
    expect(upload).toMatchObject(reply);
    const later = await send(ingestRequest());
    const { items } = await listUploads({ db: bed.api }, tenant.actor, { limit: 2 });
    expect(items.map((item) => item.upload_id)).toEqual([later.reply.upload_id, reply.upload_id]);
  });

  it.each<[string, IngestRequest['content'], string, number | null]>([
    ['text', { text: 'Grüße', media_type: 'text/plain' }, hash('Grüße'), 7],
    [
      'base64',
      { base64: Buffer.from('Grüße').toString('base64'), media_type: 'text/plain' },
      hash('Grüße'),
      7,
    ],
    ['a hash', { sha256: hash('far away'), media_type: 'image/png', size_bytes: 8 }, hash('far away'), 8],
    ['a hash without size', { sha256: hash('far away'), media_type: 'image/png' }, hash('far away'), null],
  ])('hashes the content’s raw bytes where they come as %s', async (_, content, sha256, size_bytes) => {
    const { reply } = await send(ingestRequest({ content }));
    const upload = await getUpload({ db: bed.api }, tenant.actor, reply.upload_id);
    expect(upload.content).toMatchObject({ sha256, size_bytes, pvid: `sha256:${sha256}` });
  });

  it('refuses a size that is not the content’s, and writes nothing', async () => {
    const before = await countsOf(tenant.tenantId);
    const content = { text: 'four', media_type: 'text/plain', size_bytes: 5 };
    await expect(send(ingestRequest({ content }))).rejects.toMatchObject({ code: 'unprocessable' });
    expect(await countsOf(tenant.tenantId)).toEqual(before);
  });
});

describe('what an ingest proves', () => {
  const request = ingestRequest({ metadata: { colour: 'red' } });
  let reply: IngestReply;
  beforeAll(async () => {
    ({ reply } = await send(request));
  });

  it('certificate, inputs and ledger event agree, each recomputed from its rule', async () => {
    const certificate = await getCertificate({ db: bed.api }, tenant.actor, reply.certificate_id);
    const { inputs } = await getUpload({ db: bed.api }, tenant.actor, reply.upload_id);
    const inputsSha256 = hash(canonicalize(inputs) as string);
    const { decision, reasons, risk_score, anomaly_score } = reply;
    const { document } = await getPolicy({ db: bed.api }, tenant.actor, tenant.policyId);
    const model = async (kind: 'risk' | 'anomaly') => ({
      version: bed.versions[kind],
      sha256: hash(await readFile(new URL(`../../../models/${kind}.json`, import.meta.url))),
    });
    expect(certificate.payload).toEqual({
      v: 2,
      certificate_id: reply.certificate_id,
      tenant_id: tenant.tenantId,
      upload_id: reply.upload_id,
      external_id: request.external_id,
      decision: reply.decision,
      policy: { id: tenant.policyId, version: 1, sha256: hash(canonicalize(document) as string) },
      models: { risk: await model('risk'), anomaly: await model('anomaly') },
      outcome_sha256: hash(canonicalize({ decision, reasons, risk_score, anomaly_score }) as string),
      content_sha256: hash((request.content as { text: string }).text),
      inputs_sha256: inputsSha256,
      issued_at: reply.received_at,
    });
    const events = await inTenant(bed.api, tenant.tenantId, (tx) =>
      readEventsOfUpload(tx, { tenantId: tenant.tenantId, uploadId: reply.upload_id }),
    );
    expect(events).toHaveLength(1);
    expect(reply.ledger).toEqual({ sequence: events[0]!.sequence, event_hash: events[0]!.event_hash });
    const { v: _, tenant_id: __, issued_at: ___, ...proven } = certificate.payload;
    expect(JSON.parse(events[0]!.canonical_event_json)).toMatchObject({
      event_type: 'decision.created',
      actor: { type: 'api_key', id: tenant.actor.id },
      correlation_id: tenant.actor.correlationId,
      body: { ...proven, certificate_sha256: hash(certificate.jws) },
    });
  });

  it('the certificate verifies with jose and with the SDK by the published keys, and its payload is canonical', async () => {
    const { jws } = await getCertificate({ db: bed.api }, tenant.actor, reply.certificate_id);
    const jwks = await readJwks(bed.api);
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(jwks), {
      algorithms: ['PS256'],
    });
    const kid = bed.keys.provider.signingKey.kid;
    expect(protectedHeader).toEqual({ alg: 'PS256', kid, typ: 'origin-certificate+jws' });
    const text = Buffer.from(payload).toString();
    expect(text).toBe(canonicalize(JSON.parse(text)));
    const expected = { upload_id: reply.upload_id, decision: reply.decision };
    await expect(verifyCertificate({ jws, jwks, expected })).resolves.toMatchObject({ kid, notCovered: [] });
  });

  it('commits to account and device by HMAC under the subject’s own key, by field name and value', async () => {
    const { inputs } = await getUpload({ db: bed.api }, tenant.actor, reply.upload_id);
    const keyring = createSubjectKeyring(bed.keys.provider);
    const upload = await bed.owner('uploads').where({ id: reply.upload_id }).first();
    for (const [kind, id, value, commitment] of [
      ['account', upload.account_id, request.account.external_id, inputs.account_commitment],
      ['device', upload.device_id, request.device!.external_id, inputs.device_commitment],
    ]) {
      const row = await bed.owner('subjects').where({ id }).first();
      const { commitment: key } = await keyring.open(row.wrapped_keys);
      expect(commitment).toBe(createHmac('sha256', key).update(`${kind}:${value}`).digest('hex'));
    }
  });

  it('commits to no device where none was sent', async () => {
    const { device: _, ...without } = ingestRequest();
    const other = await send(without);
    const { inputs } = await getUpload({ db: bed.api }, tenant.actor, other.reply.upload_id);
    expect(inputs.device_commitment).toBeNull();
    expect(inputs.features.device_velocity_24h).toBe(0);
  });
});

describe('the same external id', () => {
  it('with the same body gives the first reply, whatever the order of its members', async () => {
    const request = ingestRequest({ metadata: { a: 1, b: 2 } });
    const first = await send(request);
    const { account, ...rest } = request;
    const again = await send({ ...rest, metadata: { b: 2, a: 1 }, account } as IngestRequest);
    expect(again).toEqual({ created: false, reply: first.reply });
  });

  it('with another body is a conflict and writes nothing', async () => {
    const request = ingestRequest();
    await send(request);
    const before = await countsOf(tenant.tenantId);
    const other = { ...request, content: { text: 'other', media_type: 'text/plain' } };
    await expect(send(other)).rejects.toMatchObject({ code: 'external_id_conflict' });
    await expect(send({ ...request, metadata: {} })).rejects.toMatchObject({ code: 'external_id_conflict' });
    expect(await countsOf(tenant.tenantId)).toEqual(before);
  });

  it('of another tenant is another upload', async () => {
    const request = ingestRequest();
    await send(request);
    const other = await bed.newTenant();
    expect(await send(request, bed.ingestDeps(), other.actor)).toMatchObject({ created: true });
  });

  it('from 50 callers at once, on two replicas, is one upload, one certificate and one event', async () => {
    const { tenantId, actor } = await bed.newTenant();
    const before = await countsOf(tenantId);
    const request = ingestRequest();
    const replicas = [bed.ingestDeps(), bed.ingestDeps()];
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(request, replicas[index % 2], actor)),
    );
    expect(replies.filter((one) => one.created)).toHaveLength(1);
    expect(new Set(replies.map((one) => canonicalize(one.reply))).size).toBe(1);
    const after = await countsOf(tenantId);
    expect(after.uploads - before.uploads).toBe(1);
    expect(after.certificates - before.certificates).toBe(1);
    expect(after.events - before.events).toBe(1);
    expect(await verifyLedger({ db: bed.api }, tenantId)).toMatchObject({ valid: true });
  });

  it('with 20 different bodies at once lets one win and tells the others of the conflict', async () => {
    const request = ingestRequest();
    const replicas = [bed.ingestDeps(), bed.ingestDeps()];
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        send({ ...request, metadata: { index } }, replicas[index % 2]),
      ),
    );
    const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(refusals).toEqual(Array(19).fill('external_id_conflict'));
  });

  it('in a race for it, everybody is answered and the log of the server holds no error', async () => {
    const logFile = await serverLog();
    const before = (await stat(logFile)).size;
    const request = ingestRequest();
    let deciding = 2;
    const decided = Promise.withResolvers<void>();
    const racing = () => {
      const deps = bed.ingestDeps();
      const commit: typeof deps.commit = async (...work) => {
        deciding -= 1;
        if (deciding === 0) decided.resolve();
        await decided.promise;
        return deps.commit(...work);
      };
      return send(request, { ...deps, commit });
    };
    const replies = await Promise.all([racing(), racing()]);
    expect(replies.map((one) => one.created).sort()).toEqual([false, true]);
    expect(replies[0]?.reply).toEqual(replies[1]?.reply);
    const said = (await readFile(logFile)).subarray(before).toString();
    expect(said).not.toContain('uploads_external_id');
  });
});

describe('an ingest that cannot be decided', () => {
  it('by an unknown policy, or by one of another tenant, is not found', async () => {
    const other = await bed.newTenant();
    for (const policy_id of [randomIds.next(), other.policyId]) {
      await expect(send(ingestRequest({ policy_id }))).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('because a model of the policy is not loaded here says which, and leaves no upload', async () => {
    const { document } = await getPolicy({ db: bed.api }, tenant.actor, tenant.policyId);
    const before = await countsOf(tenant.tenantId);
    const without = { all: [], find: () => undefined };
    await expect(send(ingestRequest(), { ...bed.ingestDeps(), models: without })).rejects.toMatchObject({
      code: 'dependency_unavailable',
      message: expect.stringContaining(document.risk_model_version),
    });
    expect(await countsOf(tenant.tenantId)).toEqual(before);
  });

  it('because its commit fails leaves nothing, takes no number of the ledger, and succeeds when sent again', async () => {
    const request = ingestRequest();
    const before = await countsOf(tenant.tenantId);
    const block = bed.owner.raw(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full' using errcode = '53100'; end $$;
      create trigger refuse before insert on certificates for each row execute function refuse()`);
    await block;
    await expect(send(request)).rejects.toMatchObject({ code: '53100' });
    await bed.owner.raw('drop trigger refuse on certificates; drop function refuse()');
    expect(await countsOf(tenant.tenantId)).toEqual(before);
    const { created, reply } = await send(request);
    expect(created).toBe(true);
    expect(reply.ledger.sequence).toBe(before.events + 1);
    expect(await verifyLedger({ db: bed.api }, tenant.tenantId)).toMatchObject({ valid: true });
  });

  it('by one item of a shared commit does not take the others along', async () => {
    const deps = bed.ingestDeps();
    const poisoned = ingestRequest({
      content: { sha256: hash('x'), media_type: 'text/plain', pvid: 'poison' },
    });
    await bed.owner.raw(`alter table uploads add constraint no_poison check (pvid <> 'poison')`);
    const requests = [ingestRequest(), ingestRequest(), poisoned, ingestRequest()];
    const settled = await Promise.allSettled(requests.map((request) => send(request, deps)));
    expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await bed.owner.raw('alter table uploads drop constraint no_poison');
  });
});

describe('the policy that decides', () => {
  it('is the newest version of `default`, or the version that was named', async () => {
    const own = await bed.newTenant();
    const { document } = await getPolicy({ db: bed.api }, own.actor, own.policyId);
    const rule = {
      name: 'all-text',
      when: { input: 'media_type', op: 'eq', value: 'text/plain' },
      then: 'reject',
    } as const;
    const deps = { db: bed.api, clock: systemClock, ids: randomIds, models: bed.models };
    const next = await createPolicy(deps, own.actor, {
      name: 'default',
      document: { ...document, rules: [rule] },
    });
    expect(next.version).toBe(2);
    const newest = await send(ingestRequest(), bed.ingestDeps(), own.actor);
    expect(newest.reply).toMatchObject({ decision: 'reject', reasons: [{ rule: 'all-text' }] });
    const named = await send(ingestRequest({ policy_id: own.policyId }), bed.ingestDeps(), own.actor);
    expect(named.reply.decision).not.toBe('reject');
    const signals = await bed.owner('risk_signals').where({ upload_id: newest.reply.upload_id });
    expect(signals).toEqual([expect.objectContaining({ rule: 'all-text', input: 'media_type' })]);
  });
});
