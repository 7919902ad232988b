/** Why a JWS was refused. Stable: programs may switch on it. */
export type JwsErrorCode =
  | 'malformed'
  | 'alg_refused'
  | 'typ_refused'
  | 'header_refused'
  | 'unknown_kid'
  | 'key_refused'
  | 'signature_invalid'
  | 'payload_not_canonical'
  | 'payload_refused'
  | 'unexpected_value';

/** Thrown by `verifyCertificate` and `verifyJws`; `code` is stable, `message` is for people. */
export class JwsError extends Error {
  override readonly name = 'JwsError';
  readonly code: JwsErrorCode;

  constructor(code: JwsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
