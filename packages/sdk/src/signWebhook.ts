import {
  bodyBytes,
  eventIdPattern,
  importWebhookSecret,
  originSignature,
  standardSignature,
} from './webhookSignature.ts';

/** What to sign: the valid secrets, the older first (one, or two during a rotation), and the exact bytes. */
export type SignWebhookInput = {
  secrets: readonly string[];
  eventId: string;
  timestampSeconds: number;
  rawBody: Uint8Array | string;
};

/** The headers of one delivery attempt, both schemes. */
export type WebhookHeaders = {
  'X-Origin-Event-Id': string;
  'X-Origin-Timestamp': string;
  'X-Origin-Signature': string;
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
};

/**
 * Signs one delivery attempt. `X-Origin-Signature` is by the first secret, which is the older until it is
 * retired, because its receivers compare one string; `webhook-signature` holds one entry for each secret.
 * Throws `WebhookVerificationError` `invalid_secret`, and `TypeError` for no secret, an id with other
 * characters than `A-Za-z0-9_-`, or a time that is not whole Unix seconds.
 */
export async function signWebhook(input: SignWebhookInput): Promise<WebhookHeaders> {
  const [older, ...newer] = input.secrets;
  if (older === undefined) throw new TypeError('at least one secret is needed');
  if (!eventIdPattern.test(input.eventId)) throw new TypeError('an event id is 1-255 of A-Za-z0-9_-');
  if (!Number.isSafeInteger(input.timestampSeconds) || input.timestampSeconds < 0) {
    throw new TypeError('timestampSeconds is whole Unix seconds');
  }
  const timestamp = String(input.timestampSeconds);
  const message = { eventId: input.eventId, timestamp, body: bodyBytes(input.rawBody) };
  const olderKey = await importWebhookSecret(older);
  const keys = [olderKey, ...(await Promise.all(newer.map(importWebhookSecret)))];
  const entries = await Promise.all(keys.map((key) => standardSignature(key, message)));
  return {
    'X-Origin-Event-Id': input.eventId,
    'X-Origin-Timestamp': timestamp,
    'X-Origin-Signature': await originSignature(olderKey, message),
    'webhook-id': input.eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': entries.join(' '),
  };
}
