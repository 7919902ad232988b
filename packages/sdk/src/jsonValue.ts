/** What JSON can say: the values that {@link canonicalJson} takes and that parsing returns. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object: string keys, JSON values. */
export type JsonObject = { [key: string]: JsonValue };
