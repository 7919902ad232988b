export { canonicalJson } from './canonicalJson.ts';
export type { JsonObject, JsonValue } from './jsonValue.ts';
export { sha256Hex } from './sha256Hex.ts';
