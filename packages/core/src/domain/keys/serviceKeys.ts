import { createHash, timingSafeEqual } from 'node:crypto';
import { SERVICE_SCOPES, type ServiceScope } from '@origin-stack/contract/scopes';
import { z } from 'zod';
import { parseApiKey } from './apiKey.ts';

/** The digest list that scripts make and services hold: no pepper, since a key has 190 random bits. */
export const ServiceKeyList = z.array(
  z.strictObject({
    prefix: z.string().length(8),
    kind: z.enum(['op', 'svc']),
    service: z.string(),
    scopes: z.array(z.enum(SERVICE_SCOPES)).min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    expires_at: z.iso.datetime({ offset: true }).nullable(),
  }),
);

export type ServiceKeyList = z.infer<typeof ServiceKeyList>;

/** Whose key it is and what it opens. `key_prefix` is `ok_<kind>_<prefix>`, as replies and logs show keys. */
export interface ServiceCaller {
  service: string;
  key_prefix: string;
  scopes: ServiceScope[];
  expires_at: string | null;
}

/** Who holds a service or operator key of the list, or undefined. */
export function recogniseServiceKey(
  list: ServiceKeyList,
  presented: string,
  nowMs: number,
): ServiceCaller | undefined {
  const parsed = parseApiKey(presented);
  if (!parsed || parsed.kind === 'live') return undefined;
  const digest = createHash('sha256').update(presented, 'ascii').digest();
  const entry = list.find(
    (candidate) =>
      candidate.prefix === parsed.prefix &&
      candidate.kind === parsed.kind &&
      timingSafeEqual(Buffer.from(candidate.sha256, 'hex'), digest),
  );
  if (!entry) return undefined;
  const { service, scopes, expires_at } = entry;
  if (expires_at !== null && Date.parse(expires_at) <= nowMs) return undefined;
  return { service, key_prefix: `ok_${parsed.kind}_${parsed.prefix}`, scopes, expires_at };
}
