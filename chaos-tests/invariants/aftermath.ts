import type { WebhookEvent } from '@origin-stack/sdk';
import type { Tenant } from '../product/makeTenants.ts';
import type { OwnerDatabase } from '../product/openOwner.ts';
import type { CommandOutcome } from '../product/runStack.ts';
import type { Attempt } from '../workloads/ingestLoad.ts';
import type { RequestedPack } from '../workloads/requestPacks.ts';

/** The product that a fault met: the embedded one or a bundle. */
export interface Target {
  apiUrl: string;
  /** Reaches it, its certificate verified where it has one. */
  fetch: typeof globalThis.fetch;
  /** An operators' command on it. */
  stack(args: string[]): Promise<CommandOutcome>;
}

/** What webhooks told, as their receiver verified it. */
export interface Told {
  received: { event: WebhookEvent }[];
  /** Why deliveries were not accepted. */
  rejected: string[];
}

/** What is there once a fault is over: the product, and the history as those saw it who used it. */
export interface Aftermath {
  product: Target;
  owner: OwnerDatabase;
  tenants: Tenant[];
  inbox: Told;
  /** Those of the load in question. */
  attempts: Attempt[];
  packs: RequestedPack[];
}

/** Looks for what must not be, and says each in words; nothing where the guarantee holds. */
export type Invariant = (aftermath: Aftermath) => Promise<string[]>;
