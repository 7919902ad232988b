import type { JsonObject } from './jsonValue.ts';
import { hasExactly, parseCanonicalObject } from './parseCanonicalObject.ts';
import { sha256Hex } from './sha256Hex.ts';

/** An event as the ledger stores it: the exact text that was hashed, and its hash. */
export type StoredLedgerEvent = { canonical_event_json: string; event_hash: string };

/** What the canonical text of an event says. */
export type LedgerEventContent = {
  v: 1;
  tenant_id: string;
  sequence: number;
  event_id: string;
  event_type: string;
  event_timestamp: string;
  actor: JsonObject;
  correlation_id: string | null;
  body: JsonObject;
  prev_hash: string;
};

const actorTypes = ['api_key', 'user', 'operator', 'system'];
const members = ['v', 'tenant_id', 'sequence', 'event_id', 'event_type', 'event_timestamp'];

/** The `prev_hash` of a tenant's first event. */
export function genesisHash(tenantId: string): Promise<string> {
  return sha256Hex(`origin-ledger:v1:${tenantId}`);
}

/** Reads an event's canonical text. `null` when it is not canonical or not an event of version 1. */
export function parseLedgerEvent(canonicalEventJson: string): LedgerEventContent | null {
  const event = parseCanonicalObject(canonicalEventJson);
  if (!hasExactly(event ?? undefined, [...members, 'actor', 'correlation_id', 'body', 'prev_hash']))
    return null;
  return event !== null && isContent(event) ? event : null;
}

function isContent(event: JsonObject): event is JsonObject & LedgerEventContent {
  return (
    event.v === 1 &&
    Number.isSafeInteger(event.sequence) &&
    Number(event.sequence) >= 1 &&
    ['tenant_id', 'event_id', 'event_type', 'event_timestamp'].every(
      (name) => typeof event[name] === 'string',
    ) &&
    (event.correlation_id === null || typeof event.correlation_id === 'string') &&
    hasExactly(event.actor, ['type', 'id']) &&
    actorTypes.includes(String(event.actor.type)) &&
    event.body !== null &&
    typeof event.body === 'object' &&
    !Array.isArray(event.body) &&
    typeof event.prev_hash === 'string' &&
    /^[0-9a-f]{64}$/.test(event.prev_hash)
  );
}
