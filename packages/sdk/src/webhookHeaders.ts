import { eventIdPattern } from './webhookSignature.ts';
import { WebhookVerificationError } from './webhookVerificationError.ts';

/** Headers as `fetch` (`Headers`) or Node (`IncomingHttpHeaders`) hand them over. */
export type ReceivedHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The signed headers of a delivery; `timestamp` is the text that was signed. */
export type SignedHeaders = {
  scheme: 'standard' | 'origin';
  eventId: string;
  timestamp: string;
  signatures: string[];
};

/**
 * Reads the Standard Webhooks headers, or the `X-Origin-*` ones when none of those is there: a part of the
 * first set never falls back to the second. Throws `missing_headers` or `invalid_headers`.
 */
export function readWebhookHeaders(headers: ReceivedHeaders): SignedHeaders {
  const standard = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerValue(headers, name),
  );
  const isStandard = standard.some((value) => value !== undefined);
  const values = isStandard
    ? standard
    : ['x-origin-event-id', 'x-origin-timestamp', 'x-origin-signature'].map((name) =>
        headerValue(headers, name),
      );
  const [eventId, timestamp, signature] = values;
  if (!eventId || !timestamp || !signature) {
    throw new WebhookVerificationError('missing_headers', 'id, timestamp and signature are needed');
  }
  if (!eventIdPattern.test(eventId)) throw invalid('the event id is not 1-255 of A-Za-z0-9_-');
  if (!/^(0|[1-9][0-9]{0,11})$/.test(timestamp)) throw invalid('the timestamp is not whole Unix seconds');
  return {
    scheme: isStandard ? 'standard' : 'origin',
    eventId,
    timestamp,
    signatures: isStandard ? signature.split(' ') : [signature],
  };
}

function headerValue(headers: ReceivedHeaders, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const found = Object.entries(headers)
    .filter(([key, value]) => key.toLowerCase() === name && value !== undefined)
    .flatMap(([, value]) => value);
  if (found.length > 1) throw invalid(`${name} came more than once`);
  return typeof found[0] === 'string' ? found[0] : undefined;
}

function invalid(message: string): WebhookVerificationError {
  return new WebhookVerificationError('invalid_headers', message);
}
