import { constantTimeEqual } from './constantTimeEqual.ts';
import { parseWebhookEvent, type WebhookEvent } from './webhookEvent.ts';
import { type ReceivedHeaders, readWebhookHeaders } from './webhookHeaders.ts';
import { bodyBytes, importWebhookSecret, originSignature, standardSignature } from './webhookSignature.ts';
import { WebhookVerificationError } from './webhookVerificationError.ts';

/** What a receiver has: its secret (or both during a rotation), the headers, and the body before parsing. */
export type VerifyWebhookInput = {
  headers: ReceivedHeaders;
  rawBody: Uint8Array | string;
  /** How far the signed time may lie from now, in either direction. 300 unless told. */
  toleranceSeconds?: number;
  now?: Date;
} & ({ secret: string; secrets?: never } | { secret?: never; secrets: readonly string[] });

/**
 * Verifies a delivery and returns its event: the signature in constant time over the exact bytes, then the
 * age, then that the body is an event with the id of the headers. The Standard Webhooks headers are checked;
 * only when none of them is there, the `X-Origin-*` ones. A genuine delivery may come more than once:
 * receivers remember `event.id`.
 *
 * Throws {@link WebhookVerificationError} with a stable `code`; `TypeError` when the call itself is wrong
 * (no secret, a parsed body, a tolerance that is not a number of seconds).
 */
export async function verifyWebhook(input: VerifyWebhookInput): Promise<WebhookEvent> {
  const toleranceSeconds = input.toleranceSeconds ?? 300;
  if (!(toleranceSeconds >= 0)) throw new TypeError('toleranceSeconds is a number of seconds, 0 or more');
  const secrets = input.secrets ?? [input.secret];
  if (secrets.length === 0) throw new TypeError('at least one secret is needed');
  const body = bodyBytes(input.rawBody);
  const { scheme, eventId, timestamp, signatures } = readWebhookHeaders(input.headers);
  const keys = await Promise.all(secrets.map(importWebhookSecret));
  const sign = scheme === 'standard' ? standardSignature : originSignature;
  const expected = await Promise.all(keys.map((key) => sign(key, { eventId, timestamp, body })));

  let matched = false;
  for (const signature of signatures) {
    for (const wanted of expected) matched = constantTimeEqual(signature, wanted) || matched;
  }
  if (!matched)
    throw new WebhookVerificationError('signature_mismatch', 'no signature matches this body and secret');

  checkAge(Number(timestamp), toleranceSeconds, input.now ?? new Date());
  const event = parseWebhookEvent(body);
  if (event === null) throw new WebhookVerificationError('invalid_body', 'the signed body is not an event');
  // X-Origin-Signature does not cover the id header: without this a replay could pass under a new id.
  if (event.id !== eventId) {
    throw new WebhookVerificationError('event_id_mismatch', 'the headers name another event than the body');
  }
  return event;
}

function checkAge(timestampSeconds: number, toleranceSeconds: number, now: Date): void {
  const ageSeconds = Math.floor(now.getTime() / 1000) - timestampSeconds;
  if (Number.isNaN(ageSeconds)) throw new TypeError('now is not a valid date');
  if (ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError('timestamp_too_old', `signed ${ageSeconds} s ago`);
  }
  if (-ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError('timestamp_too_new', `signed ${-ageSeconds} s in the future`);
  }
}
