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

/** The service and scopes of a service or operator key, or undefined. */
export function recogniseServiceKey(
  list: ServiceKeyList,
  presented: string,
  nowMs: number,
): { service: string; scopes: ServiceScope[] } | undefined {
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
  if (entry.expires_at !== null && Date.parse(entry.expires_at) <= nowMs) return undefined;
  return { service: entry.service, scopes: entry.scopes };
}
