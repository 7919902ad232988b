import type { Jwks } from '@origin-stack/contract/certificates';
import type { IngestReply, IngestRequest } from '@origin-stack/contract/ingest';
import {
  canonicalJson,
  type OriginClient,
  type PackVerdict,
  verifyCertificate,
  verifyPack,
} from '@origin-stack/sdk';
import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import type { Step } from '../lib/progress.ts';
import type { WebhookReceiver } from './webhookReceiver.ts';

const WEBHOOK_DEADLINE_MS = 30_000;
const PACK_DEADLINE_MS = 60_000;

/** Everything that one item brought, each part verified. */
export interface ProvenItem {
  reply: IngestReply;
  certificate: { kid: string; issuedAt: string };
  pack: { id: string; zip: Uint8Array; verdict: PackVerdict };
  /** null where nobody could receive one. */
  webhook: { eventId: string } | null;
}

export interface Prover {
  client: OriginClient;
  jwks: Jwks;
  /** Unset where the installation cannot reach this machine. */
  receiver?: WebhookReceiver | undefined;
}

/**
 * Sends one item the whole way: decision, certificate, evidence pack, download, webhook, and verifies each with the SDK
 * and the keys that were pinned before. Throws at the first thing that is not as it should be.
 */
export async function proveItem(
  { client, jwks, receiver }: Prover,
  item: IngestRequest,
  step?: Step,
): Promise<ProvenItem> {
  step?.update('deciding');
  const reply = await client.ingest(item);
  step?.update('verifying the certificate');
  const certificate = await client.getCertificate(reply.certificate_id);
  const expected = { upload_id: reply.upload_id, decision: reply.decision };
  const { kid, payload } = await verifyCertificate({ jws: certificate.jws, jwks, expected });
  step?.update('waiting for the evidence pack');
  const { id } = await client.createEvidencePack({ upload_id: reply.upload_id });
  await client.waitForEvidencePack(id, { waitMs: PACK_DEADLINE_MS, pollMs: 150 });
  const zip = await client.downloadArtifact(id, 'pack.zip');
  const verdict = await verifyPack({ zip, jwks });
  if (!verdict.ok || !verdict.signerChecked) {
    const failed = verdict.checks
      .filter((check) => !check.ok)
      .map((check) => `${check.name}: ${check.detail}`);
    throw new Error(`the evidence pack does not verify: ${failed.join('; ')}`);
  }
  const webhook = receiver ? await proveWebhook(receiver, reply, step) : null;
  return {
    reply,
    certificate: { kid, issuedAt: payload.issued_at },
    pack: { id, zip, verdict },
    webhook,
  };
}

async function proveWebhook(
  receiver: WebhookReceiver,
  reply: IngestReply,
  step: Step | undefined,
): Promise<{ eventId: string }> {
  step?.update('waiting for the webhook');
  const event = await receiver.waitFor(
    ({ type, data }) => type === 'decision.created' && data.upload_id === reply.upload_id,
    WEBHOOK_DEADLINE_MS,
  );
  // Its data is canonical text, so the members stand in another order.
  if (canonicalJson(event.data as JsonObject) !== canonicalJson(reply)) {
    throw new Error('the webhook tells of another decision than the reply');
  }
  return { eventId: event.id };
}
