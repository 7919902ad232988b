import { canonicalJson } from '@origin-stack/sdk';
import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import type { Invariant } from './aftermath.ts';

/**
 * Each upload is told by exactly one event, which came at least once and tells what the reply said. Repetitions of
 * a delivery are allowed: receivers know them by the event's id.
 */
export const webhooksTellOnce: Invariant = async ({ inbox, attempts }) => {
  const events = new Map<string, Map<string, string>>();
  for (const { event } of inbox.received) {
    if (event.type !== 'decision.created') continue;
    const uploadId = String(event.data.upload_id);
    const told = events.get(uploadId) ?? new Map<string, string>();
    events.set(uploadId, told.set(event.id, canonicalJson(event.data as JsonObject)));
  }
  const violations = inbox.rejected.map((reason) => `a delivery did not verify: ${reason}`);
  for (const { request, reply } of attempts) {
    if (!reply) continue;
    const told = [...(events.get(reply.upload_id)?.values() ?? [])];
    if (told.length !== 1) violations.push(`${request.external_id}: ${told.length} events tell of it`);
    if (told[0] !== undefined && told[0] !== canonicalJson(reply)) {
      violations.push(`${request.external_id}: the webhook tells of another decision`);
    }
  }
  return violations;
};
