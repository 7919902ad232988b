import { createHash } from 'node:crypto';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import type { Call, Reply } from './caller.ts';
import { exampleIngest, examplePolicy, exampleWebhook } from './examples.ts';
import type { TestApi, TestTenant } from './startTestApi.ts';

/** Ids of one tenant's things, one of each kind that a path or a body names. */
export interface Things {
  upload: string;
  certificate: string;
  policy: string;
  pack: string;
  webhook: string;
  delivery: string;
  models: { risk: string; anomaly: string };
}

/** Makes one of each thing by the API itself; what only the worker can finish is finished as the owner. */
export async function makeThings(api: TestApi, tenant: TestTenant): Promise<Things> {
  const call = async (given: Call): Promise<Reply> => {
    const reply = await api.call({ key: tenant.key.keyValue, ...given });
    if (reply.status >= 300) throw new Error(`${given.path} answered ${reply.status}: ${reply.text}`);
    return reply;
  };
  const { body: upload } = await call({ path: '/v1/ingest', json: exampleIngest() });
  const { body: models } = await call({ path: '/v1/models/status' });
  const versions = versionsIn(models.models);
  const { body: policy } = await call({ path: '/v1/policies', json: examplePolicy(versions) });
  const { body: pack } = await call({ path: '/v1/evidence-packs', json: { upload_id: upload.upload_id } });
  const { body: webhook } = await call({ path: '/v1/webhooks', json: exampleWebhook() });
  const { body: test } = await call({ path: `/v1/webhooks/${webhook.id}/test`, method: 'POST' });
  await finish(api, tenant, { pack: String(pack.id), delivery: String(test.delivery_id) });
  return {
    upload: String(upload.upload_id),
    certificate: String(upload.certificate_id),
    policy: String(policy.id),
    pack: String(pack.id),
    webhook: String(webhook.id),
    delivery: String(test.delivery_id),
    models: versions,
  };
}

function versionsIn(models: unknown): Things['models'] {
  const list = models as { kind: 'risk' | 'anomaly'; version: string }[];
  const find = (kind: string) => list.find((model) => model.kind === kind)?.version ?? '';
  return { risk: find('risk'), anomaly: find('anomaly') };
}

/** The worker's part: the pack is ready, the delivery has ended. */
async function finish(
  api: TestApi,
  tenant: TestTenant,
  ids: { pack: string; delivery: string },
): Promise<void> {
  const artifacts = ['pack.zip', 'report.pdf', 'evidence.json'].map((name) => ({
    name,
    storage_key: `${tenant.id}/${ids.pack}/${name}`,
    sha256: createHash('sha256').update(name).digest('hex'),
    size_bytes: 1000,
  }));
  await inTenant(api.owner, tenant.id, async (tx) => {
    await tx('evidence_packs')
      .where({ id: ids.pack })
      .update({ status: 'ready', artifacts: JSON.stringify(artifacts) });
    await endDelivery(tx, ids.delivery);
  });
}

type Tx = Parameters<Parameters<typeof inTenant>[2]>[0];

export async function endDelivery(tx: Tx, id: string): Promise<void> {
  await tx('webhook_deliveries').where({ id }).update({
    status: 'dead',
    attempts: 24,
    next_attempt_at: null,
    last_status: 500,
    last_error: 'HTTP 500',
  });
}

/** For each route by its name: the call that it answers well, with somebody's things. */
export const GOOD_CALLS: Record<string, (things: Things) => Call> = {
  ingest: () => ({ path: '/v1/ingest', json: exampleIngest() }),
  listUploads: () => ({ path: '/v1/uploads?limit=2' }),
  getUpload: ({ upload }) => ({ path: `/v1/uploads/${upload}` }),
  listPolicies: () => ({ path: '/v1/policies' }),
  createPolicy: ({ models }) => ({ path: '/v1/policies', json: examplePolicy(models) }),
  getPolicy: ({ policy }) => ({ path: `/v1/policies/${policy}` }),
  createEvidencePack: ({ upload }) => ({ path: '/v1/evidence-packs', json: { upload_id: upload } }),
  getEvidencePack: ({ pack }) => ({ path: `/v1/evidence-packs/${pack}` }),
  downloadEvidencePack: ({ pack }) => ({ path: `/v1/evidence-packs/${pack}/download` }),
  getCertificate: ({ certificate }) => ({ path: `/v1/certificates/${certificate}` }),
  getJwks: () => ({ path: '/v1/keys/jwks.json' }),
  getWellKnownJwks: () => ({ path: '/.well-known/jwks.json' }),
  listLedgerEvents: () => ({ path: '/v1/ledger/events' }),
  verifyLedger: () => ({ path: '/v1/ledger/verify' }),
  getModelsStatus: () => ({ path: '/v1/models/status' }),
  createWebhook: () => ({ path: '/v1/webhooks', json: exampleWebhook() }),
  listWebhooks: () => ({ path: '/v1/webhooks' }),
  getWebhook: ({ webhook }) => ({ path: `/v1/webhooks/${webhook}` }),
  updateWebhook: ({ webhook }) => ({
    path: `/v1/webhooks/${webhook}`,
    method: 'PATCH',
    json: { description: 'changed' },
  }),
  rotateWebhookSecret: ({ webhook }) => ({
    path: `/v1/webhooks/${webhook}/rotate-secret`,
    json: { overlap_seconds: 60 },
  }),
  testWebhook: ({ webhook }) => ({ path: `/v1/webhooks/${webhook}/test`, method: 'POST' }),
  listDeliveries: ({ webhook }) => ({ path: `/v1/webhooks/${webhook}/deliveries` }),
  replayDelivery: ({ delivery }) => ({ path: `/v1/webhooks/deliveries/${delivery}/replay`, method: 'POST' }),
  whoAmI: () => ({ path: '/v1/whoami' }),
  healthLive: () => ({ path: '/health/live' }),
  healthReady: () => ({ path: '/health/ready' }),
  ready: () => ({ path: '/ready' }),
  health: () => ({ path: '/health/' }),
  healthDatabase: () => ({ path: '/health/database' }),
  healthRedis: () => ({ path: '/health/redis' }),
  // Last: it takes away what the others name.
  deleteWebhook: ({ webhook }) => ({ path: `/v1/webhooks/${webhook}`, method: 'DELETE' }),
};
