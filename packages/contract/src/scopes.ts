import { z } from 'zod';

/** Scopes a tenant's key can hold. `admin` and the service scopes are granted to operator and service keys only. */
export const TENANT_SCOPES = [
  'ingest:write',
  'ingest:read',
  'reviews:write',
  'validate:write',
  'validate:read',
  'policies:read',
  'policies:write',
  'evidence:write',
  'evidence:read',
  'webhooks:write',
  'webhooks:read',
  'certificates:read',
  'ledger:read',
  'models:read',
  'audit:read',
  'privacy:write',
] as const;

/** No route asks for these yet. A key that held one would open the route on the day that it is built. */
const UNROUTED: readonly string[] = [
  'reviews:write',
  'validate:write',
  'validate:read',
  'audit:read',
  'privacy:write',
];

/** Scopes that routes ask for: those that keys are made with. */
export const ROUTED_SCOPES = TENANT_SCOPES.filter((scope) => !UNROUTED.includes(scope));

/** Scopes of service and operator keys, which open the internal listener and nothing of a tenant's. */
export const SERVICE_SCOPES = [
  'admin',
  'metrics:read',
  'health:read',
  'ledger:verify',
  'alerts:write',
] as const;

export const TenantScope = z.enum(TENANT_SCOPES);
export const Scopes = z.array(TenantScope).min(1).max(TENANT_SCOPES.length);

export type TenantScope = z.infer<typeof TenantScope>;
export type ServiceScope = (typeof SERVICE_SCOPES)[number];
