import { canonicalJson, type JsonValue } from '@origin-stack/sdk';
import type { PackFiles } from './packFiles.ts';

/**
 * `evidence.json`: the canonical object of file name → parsed JSON, with `.jws` files as strings. The report is not in it:
 * it repeats the same facts for people.
 */
export function evidenceJson(files: PackFiles): Uint8Array {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const content: Record<string, JsonValue> = {};
  for (const [name, bytes] of files) {
    if (name.endsWith('.jws')) content[name] = decoder.decode(bytes);
    if (name.endsWith('.json')) content[name] = JSON.parse(decoder.decode(bytes)) as JsonValue;
  }
  return new TextEncoder().encode(canonicalJson(content));
}
