import { fromBase64, toBase64 } from './base64.ts';
import { toHex } from './hex.ts';
import { WebhookVerificationError } from './webhookVerificationError.ts';

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** One message to sign: ids without a dot, Unix seconds as they stand in the header, the exact bytes. */
export type WebhookMessage = { eventId: string; timestamp: string; body: Uint8Array };

/** Ids that sign unambiguously: a dot would let `id.timestamp.body` be split in two ways. */
export const eventIdPattern = /^[A-Za-z0-9_-]{1,255}$/;

/**
 * Imports a secret, `whsec_` and the base64 of 32 bytes, as an HMAC-SHA256 key.
 * Throws {@link WebhookVerificationError} `invalid_secret`, without repeating the secret.
 */
export async function importWebhookSecret(secret: string): Promise<HmacKey> {
  const bytes = secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : null;
  if (bytes === null || bytes.length !== 32) {
    throw new WebhookVerificationError('invalid_secret', 'a secret is whsec_ and the base64 of 32 bytes');
  }
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** `v1,<base64>` over `id.timestamp.body`: one entry of `webhook-signature` (Standard Webhooks 1.0). */
export async function standardSignature(key: HmacKey, message: WebhookMessage): Promise<string> {
  return `v1,${toBase64(await mac(key, `${message.eventId}.${message.timestamp}.`, message.body))}`;
}

/** `sha256=<hex>` over `timestamp.body`: the value of `X-Origin-Signature`. */
export async function originSignature(key: HmacKey, message: WebhookMessage): Promise<string> {
  return `sha256=${toHex(await mac(key, `${message.timestamp}.`, message.body))}`;
}

/** The body as bytes. Throws a `TypeError` for what is neither bytes nor a string, such as a parsed body. */
export function bodyBytes(rawBody: Uint8Array | string): Uint8Array {
  if (isBytes(rawBody)) return rawBody;
  if (typeof rawBody === 'string' && rawBody.isWellFormed()) return new TextEncoder().encode(rawBody);
  throw new TypeError('rawBody is the exact body as received, bytes or text, not what was parsed from it');
}

/** By its tag: a Uint8Array of another realm (a vm context, jsdom, a frame) is no instance of this one's. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

async function mac(key: HmacKey, prefix: string, body: Uint8Array): Promise<Uint8Array> {
  const head = new TextEncoder().encode(prefix);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, signed));
}
