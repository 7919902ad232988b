import { z } from 'zod';
import { Id, Timestamp } from './primitives.ts';
import { TenantScope } from './scopes.ts';

/** Who the caller is. */
export const WhoAmI = z.strictObject({
  tenant_id: Id,
  key_id: Id,
  key_prefix: z.string(),
  name: z.string(),
  scopes: z.array(TenantScope),
  expires_at: Timestamp.nullable(),
});

export type WhoAmI = z.infer<typeof WhoAmI>;
