import { sha256 } from '../sha256.ts';

/** What stands as `prev_hash` in a tenant's first event. */
export const genesisHash = (tenantId: string): string => sha256(`origin-ledger:v1:${tenantId}`);
