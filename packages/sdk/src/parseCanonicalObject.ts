import { canonicalJson } from './canonicalJson.ts';
import type { JsonObject, JsonValue } from './jsonValue.ts';

/**
 * Reads bytes or text that must be the canonical text (RFC 8785) of one JSON object. `null` otherwise:
 * other order, white space, duplicate members, a byte order mark, rounded integers, no UTF-8.
 */
export function parseCanonicalObject(data: Uint8Array | string): JsonObject | null {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const text = typeof data === 'string' ? data : decoder.decode(data);
    const value: JsonValue = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
    return canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

/** Whether the object has exactly these members. */
export function hasExactly(value: JsonValue | undefined, names: readonly string[]): value is JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const found = Object.keys(value);
  return found.length === names.length && names.every((name) => Object.hasOwn(value, name));
}
