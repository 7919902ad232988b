import { DomainError } from '@origin-stack/core/domain/domainError';
import { addressAllowed } from '@origin-stack/core/domain/keys/addressAllowed';
import type { KnownKey } from '@origin-stack/core/domain/keys/authenticate';
import type { KeyActor } from '@origin-stack/core/domain/ports';
import type { Request } from 'express';
import type { ApiDeps } from '../wire.ts';
import type { Access } from './route.ts';

/** The key that a request presents, by `Authorization: Bearer` or `X-API-Key`. */
export function presentedKey(request: Request): string | undefined {
  const bearer = /^Bearer +([\x21-\x7e]{1,300})$/i.exec(request.get('authorization') ?? '')?.[1];
  return bearer ?? request.get('x-api-key');
}

/**
 * Who calls. Throws `unauthenticated`, for every reason the same; `address_not_allowed` where the tenant admits other
 * networks only; `insufficient_scope`.
 */
export async function authenticateRequest(
  deps: ApiDeps,
  request: Request,
  { access, correlationId }: { access: Access; correlationId: string },
): Promise<KeyActor | null> {
  if ('public' in access) return null;
  const presented = presentedKey(request);
  const verdict = presented ? await deps.authenticate(presented) : { refused: 'absent' };
  const outcome = 'key' in verdict ? 'known' : verdict.refused;
  deps.metrics.count('key_lookups_total', { outcome });
  if (!('key' in verdict)) throw new DomainError('unauthenticated', 'No valid API key was sent.');
  const { key } = verdict;
  admit(deps, key, request.ip);
  if ('scope' in access && !key.scopes.includes(access.scope)) {
    throw new DomainError('insufficient_scope', `The key lacks the scope ${access.scope}.`);
  }
  deps.noteKeyUse(key);
  return {
    tenantId: key.tenantId,
    type: 'api_key',
    id: key.id,
    keyPrefix: key.prefix,
    keyName: key.name,
    scopes: key.scopes,
    expiresAt: key.expiresAt,
    correlationId,
  };
}

function admit(deps: ApiDeps, key: KnownKey, address: string | undefined): void {
  const answer = addressAllowed(address, key.ipAllowlist);
  if (answer === 'yes') return;
  if (answer === 'unreadable') {
    deps.metrics.count('ip_allowlist_unreadable_total');
    if (deps.settings.IP_ALLOWLIST_FAIL_OPEN) return;
  }
  throw new DomainError('address_not_allowed', 'The client address is not on the allowlist of the tenant.');
}
