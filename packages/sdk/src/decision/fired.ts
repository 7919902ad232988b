import type { Reason } from '@origin-stack/contract/ingest';
import type { Decision } from '@origin-stack/contract/policies';

/** A rule or a threshold that fired: the outcome it asks for and the reason to show. */
export type Fired = { outcome: Decision; reason: Reason };
