import { fromBase64Url } from './base64.ts';
import type { JsonValue } from './jsonValue.ts';
import { importPs256Key, type PublicJwks } from './jwk.ts';
import { JwsError } from './jwsError.ts';

/** A compact JWS, the keys that are trusted, and the only `typ` that will do. */
export type VerifyJwsInput = { jws: string; jwks: PublicJwks; typ: string };

/**
 * Verifies a compact PS256 JWS (RFC 7515, RFC 7518 section 3.5, salt of 32 bytes) and returns its payload.
 * The header holds `alg`, `kid`, `typ` and nothing else, so `none`, `crit` and an embedded `jwk` are refused
 * before any key is looked at, and no key comes from the token. Throws {@link JwsError}.
 */
export async function verifyJws(input: VerifyJwsInput): Promise<{ kid: string; payload: Uint8Array }> {
  const [head = '', body = '', tail = '', ...rest] = String(input.jws).split('.');
  const header = fromBase64Url(head);
  const payload = fromBase64Url(body);
  const signature = fromBase64Url(tail);
  if (rest.length > 0 || !header?.length || !payload?.length || signature === null) {
    throw new JwsError('malformed', 'not three base64url parts');
  }
  const kid = readHeader(header, input.typ);
  const key = await importPs256Key(input.jwks, kid);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  const valid = await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, key, signature, signed);
  if (!valid) throw new JwsError('signature_invalid', `the signature is not by key ${kid}`);
  return { kid, payload };
}

function readHeader(bytes: Uint8Array, typ: string): string {
  const header = parseUtf8Json(bytes);
  if (header === null || typeof header !== 'object' || Array.isArray(header)) {
    throw new JwsError('malformed', 'the header is not a JSON object');
  }
  if (header.alg !== 'PS256') throw new JwsError('alg_refused', 'alg must be PS256');
  const others = Object.keys(header).filter((name) => !['alg', 'kid', 'typ'].includes(name));
  if (others.length > 0) throw new JwsError('header_refused', `header holds ${others.join(', ')}`);
  if (header.typ !== typ) throw new JwsError('typ_refused', `typ must be ${typ}`);
  if (typeof header.kid !== 'string') throw new JwsError('header_refused', 'kid is not a string');
  return header.kid;
}

function parseUtf8Json(bytes: Uint8Array): JsonValue {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}
