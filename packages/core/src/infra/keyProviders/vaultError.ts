import { DeadlineError } from '../withDeadline.ts';

/**
 * A request to Vault that failed: its path, a code and the HTTP status. What Vault or the client said stays behind, and
 * there is no cause: the client's errors hold the token, the request and the key of the TLS certificate.
 */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly operation: string;
  readonly code: string;
  /** HTTP status, 0 where there was no answer. */
  readonly status: number;

  constructor(failure: { operation: string; code: string; status: number }) {
    const { operation, code, status } = failure;
    super(`vault ${operation}: ${code}${status ? ` (HTTP ${status})` : ''}`);
    this.operation = operation;
    this.code = code;
    this.status = status;
  }
}

/** Whether an error means that Vault is away or sealed, for a breaker: what it refuses (4xx) is an answer. */
export function isVaultAway(error: unknown): boolean {
  return error instanceof VaultError && (error.status === 0 || error.status >= 500);
}

/** Codes for the refusals that an operator can mend, by what Vault says of them. */
const KNOWN: [says: RegExp, code: string][] = [
  [/Vault is sealed/, 'sealed'],
  [/permission denied/, 'permission_denied'],
  [/invalid role or secret ID/, 'invalid_role_or_secret_id'],
  [/(signing|encryption) key not found/, 'key_not_found'],
  [/key version does not exist/, 'key_version_not_found'],
  [/does not support/, 'wrong_key_type'],
  [/message authentication failed|invalid ciphertext/, 'invalid_ciphertext'],
  [/no handler for route/, 'no_such_mount'],
];

interface ClientError {
  code?: unknown;
  response?: { statusCode?: number; status?: number; body?: { errors?: unknown } };
}

/** Makes a `VaultError` of what the client threw. */
export function vaultError(operation: string, error: unknown): VaultError {
  if (error instanceof VaultError) return error;
  const { code, response } = error as ClientError;
  const status = response?.statusCode ?? response?.status ?? 0;
  if (status > 0) return new VaultError({ operation, status, code: codeOf(status, response?.body?.errors) });
  const isTimeout = error instanceof DeadlineError || code === 'ECONNABORTED' || code === 'ETIMEDOUT';
  const text = typeof code === 'string' && /^\w{1,80}$/.test(code) ? code : 'unknown';
  return new VaultError({ operation, status: 0, code: isTimeout ? 'Timeout' : text });
}

function codeOf(status: number, errors: unknown): string {
  const said = Array.isArray(errors) ? errors.join('\n') : '';
  const known = KNOWN.find(([says]) => says.test(said))?.[1];
  if (known) return known;
  if (status === 404) return 'not_found';
  return status >= 500 ? 'unavailable' : 'refused';
}
