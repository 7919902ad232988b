import type { Certificate, Jwks } from '@origin-stack/contract/certificates';
import type {
  ArtifactName,
  EvidenceDownload,
  EvidencePack,
  EvidencePackAccepted,
  EvidencePackCreate,
} from '@origin-stack/contract/evidence';
import type { IngestReply, IngestRequest, Upload, UploadSummary } from '@origin-stack/contract/ingest';
import type { WhoAmI } from '@origin-stack/contract/keys';
import type { LedgerEvent, LedgerVerification } from '@origin-stack/contract/ledger';
import type { ModelsStatus } from '@origin-stack/contract/models';
import type { Policy, PolicyCreate } from '@origin-stack/contract/policies';
import type {
  Delivery,
  DeliveryAccepted,
  Webhook,
  WebhookCreate,
  WebhookCreated,
  WebhookRotateSecret,
  WebhookSecretRotated,
  WebhookUpdate,
} from '@origin-stack/contract/webhooks';
import { type ArtifactSource, fetchArtifact } from './fetchArtifact.ts';
import { OriginError } from './originError.ts';
import { type CallOptions, pause, type RequestSpec, sendRequest, type Transport } from './sendRequest.ts';

/** Where the service is and who calls. `timeoutMs` (30,000) is for each attempt, `maxRetries` is 2. */
export type OriginClientOptions = {
  baseUrl: string;
  apiKey: string;
  fetch?: typeof globalThis.fetch;
  timeoutMs?: number;
  maxRetries?: number;
};

/** One page of a list; `next_cursor` is `null` on the last. */
export type Page<Item> = { items: Item[]; next_cursor: string | null };

/** Which page: 1 to 200 items (50), after a cursor. */
export type PageQuery = { limit?: number; cursor?: string };

/** How long to wait for a pack: 60,000 ms in all, asking every 500 ms. */
export type WaitOptions = CallOptions & { waitMs?: number; pollMs?: number };

/**
 * The service's API, one method a route, typed by the contract. Every method throws `OriginError`. Calls that
 * may be repeated are; a POST only with an `idempotencyKey`, and `ingest`, whose external id is its key.
 */
export class OriginClient {
  readonly #transport: Transport;

  /** Throws `TypeError` for a base URL that is not http(s) or a key that is not visible ASCII. */
  constructor({
    baseUrl,
    apiKey,
    fetch = globalThis.fetch,
    timeoutMs = 30_000,
    maxRetries = 2,
  }: OriginClientOptions) {
    const { protocol, origin, pathname } = new URL(baseUrl);
    if (!['http:', 'https:'].includes(protocol)) throw new TypeError('baseUrl is an http or https URL');
    if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError('apiKey is visible ASCII');
    this.#transport = {
      fetch: (...request) => fetch(...request),
      baseUrl: origin + pathname.replace(/\/+$/, ''),
      headers: () => ({ Authorization: `Bearer ${apiKey}` }),
      timeoutMs,
      maxRetries,
    };
  }

  /** Which key calls: its tenant, scopes and expiry. */
  whoAmI(options?: CallOptions): Promise<WhoAmI> {
    return this.#send({ method: 'GET', path: '/v1/whoami' }, options);
  }

  /** Has content decided on. The same body again gives the first reply; another body is 409. */
  ingest(body: IngestRequest, options?: CallOptions): Promise<IngestReply> {
    return this.#send({ method: 'POST', path: '/v1/ingest', body, repeatable: true }, options);
  }

  listUploads(query?: PageQuery, options?: CallOptions): Promise<Page<UploadSummary>> {
    return this.#send({ method: 'GET', path: '/v1/uploads', query }, options);
  }

  getUpload(id: string, options?: CallOptions): Promise<Upload> {
    return this.#send({ method: 'GET', path: `/v1/uploads/${part(id)}` }, options);
  }

  listPolicies(query?: PageQuery, options?: CallOptions): Promise<Page<Policy>> {
    return this.#send({ method: 'GET', path: '/v1/policies', query }, options);
  }

  getPolicy(id: string, options?: CallOptions): Promise<Policy> {
    return this.#send({ method: 'GET', path: `/v1/policies/${part(id)}` }, options);
  }

  /** Makes a new version of the policy of that name. */
  createPolicy(body: PolicyCreate, options?: CallOptions): Promise<Policy> {
    return this.#send({ method: 'POST', path: '/v1/policies', body }, options);
  }

  /** Asks for an evidence pack; {@link waitForEvidencePack} says when it is there. */
  createEvidencePack(body: EvidencePackCreate, options?: CallOptions): Promise<EvidencePackAccepted> {
    return this.#send({ method: 'POST', path: '/v1/evidence-packs', body }, options);
  }

  getEvidencePack(id: string, options?: CallOptions): Promise<EvidencePack> {
    return this.#send({ method: 'GET', path: `/v1/evidence-packs/${part(id)}` }, options);
  }

  /** The pack as soon as it is ready. Throws `pack_failed` with its reason, `timeout` after `waitMs`. */
  async waitForEvidencePack(id: string, options: WaitOptions = {}): Promise<EvidencePack> {
    const { waitMs = 60_000, pollMs = 500, ...call } = options;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const pack = await this.getEvidencePack(id, call);
      if (pack.status === 'ready') return pack;
      if (pack.status === 'failed')
        throw new OriginError({ code: 'pack_failed', message: pack.error ?? 'no reason given' });
      const leftMs = deadline - performance.now();
      if (leftMs <= 0)
        throw new OriginError({ code: 'timeout', message: `pack ${id} is not ready after ${waitMs} ms` });
      await pause(Math.min(pollMs, leftMs), call.signal);
    }
  }

  /** Presigned URLs of a ready pack's artifacts, with hashes and sizes. */
  getEvidenceDownload(id: string, options?: CallOptions): Promise<EvidenceDownload> {
    return this.#send({ method: 'GET', path: `/v1/evidence-packs/${part(id)}/download` }, options);
  }

  /** An artifact's bytes, with the size and the SHA-256 that the service recorded, else `artifact_changed`. */
  async downloadArtifact(id: string, name: ArtifactName, options: CallOptions = {}): Promise<Uint8Array> {
    const { artifacts } = await this.getEvidenceDownload(id, options);
    const artifact: ArtifactSource | undefined = artifacts.find((one) => one.name === name);
    if (!artifact) throw new OriginError({ code: 'unexpected_reply', message: `the pack lists no ${name}` });
    return fetchArtifact(this.#transport, artifact, options);
  }

  /**
   * The reply holds the secret, once: `null` where the first reply was lost and the call repeated under its
   * `idempotencyKey`. {@link rotateWebhookSecret} then gives another.
   */
  createWebhook(body: WebhookCreate, options?: CallOptions): Promise<WebhookCreated> {
    return this.#send({ method: 'POST', path: '/v1/webhooks', body }, options);
  }

  listWebhooks(query?: PageQuery, options?: CallOptions): Promise<Page<Webhook>> {
    return this.#send({ method: 'GET', path: '/v1/webhooks', query }, options);
  }

  getWebhook(id: string, options?: CallOptions): Promise<Webhook> {
    return this.#send({ method: 'GET', path: `/v1/webhooks/${part(id)}` }, options);
  }

  updateWebhook(id: string, body: WebhookUpdate, options?: CallOptions): Promise<Webhook> {
    return this.#send({ method: 'PATCH', path: `/v1/webhooks/${part(id)}`, body }, options);
  }

  /** Succeeds too when a repetition finds nothing, since the first attempt may have deleted it. */
  deleteWebhook(id: string, options?: CallOptions): Promise<void> {
    return this.#send({ method: 'DELETE', path: `/v1/webhooks/${part(id)}` }, options);
  }

  /**
   * A new secret, shown once; the old one signs beside it for `overlap_seconds` (86,400). It is `null` where the
   * first reply was lost and the call repeated under its `idempotencyKey`. At most two sign: rotate again after
   * `old_secret_retires_at`, or before and give the new one to the receiver at once.
   */
  rotateWebhookSecret(
    id: string,
    body: WebhookRotateSecret = {},
    options?: CallOptions,
  ): Promise<WebhookSecretRotated> {
    return this.#send({ method: 'POST', path: `/v1/webhooks/${part(id)}/rotate-secret`, body }, options);
  }

  /** Sends a `webhook.test` event to this webhook alone. */
  testWebhook(id: string, options?: CallOptions): Promise<DeliveryAccepted> {
    return this.#send({ method: 'POST', path: `/v1/webhooks/${part(id)}/test`, body: {} }, options);
  }

  listDeliveries(webhookId: string, query?: PageQuery, options?: CallOptions): Promise<Page<Delivery>> {
    return this.#send({ method: 'GET', path: `/v1/webhooks/${part(webhookId)}/deliveries`, query }, options);
  }

  /** Sends an ended delivery again, with the same event id. */
  replayDelivery(deliveryId: string, options?: CallOptions): Promise<DeliveryAccepted> {
    const path = `/v1/webhooks/deliveries/${part(deliveryId)}/replay`;
    return this.#send({ method: 'POST', path, body: {} }, options);
  }

  getCertificate(id: string, options?: CallOptions): Promise<Certificate> {
    return this.#send({ method: 'GET', path: `/v1/certificates/${part(id)}` }, options);
  }

  /** The signing keys, retired ones among them. */
  getJwks(options?: CallOptions): Promise<Jwks> {
    return this.#send({ method: 'GET', path: '/v1/keys/jwks.json' }, options);
  }

  listLedgerEvents(query?: PageQuery, options?: CallOptions): Promise<Page<LedgerEvent>> {
    return this.#send({ method: 'GET', path: '/v1/ledger/events', query }, options);
  }

  /** Every event from the beginning, page by page: what `verifyLedgerEvents` reads. */
  async *ledgerEvents(options?: CallOptions): AsyncGenerator<LedgerEvent> {
    let cursor: string | null | undefined;
    do {
      const page = await this.listLedgerEvents({ limit: 200, ...(cursor ? { cursor } : {}) }, options);
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** The service's own verdict on the chain. */
  verifyLedger(options?: CallOptions): Promise<LedgerVerification> {
    return this.#send({ method: 'GET', path: '/v1/ledger/verify' }, options);
  }

  getModelsStatus(options?: CallOptions): Promise<ModelsStatus> {
    return this.#send({ method: 'GET', path: '/v1/models/status' }, options);
  }

  async #send<Reply>(spec: RequestSpec, options: CallOptions = {}): Promise<Reply> {
    return (await sendRequest(this.#transport, spec, options)) as Reply;
  }
}

/** An id as one part of a path. Throws `TypeError` for what would lead to another path. */
function part(id: string): string {
  if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new TypeError('an id is needed');
  return encodeURIComponent(id);
}
