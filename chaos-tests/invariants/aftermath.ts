import type { Tenant } from '../product/makeTenants.ts';
import type { OwnerDatabase } from '../product/openOwner.ts';
import type { Product } from '../product/startProduct.ts';
import type { Attempt } from '../workloads/ingestLoad.ts';
import type { WebhookInbox } from '../workloads/receiveWebhooks.ts';
import type { RequestedPack } from '../workloads/requestPacks.ts';

/** What is there once a fault is over: the product, and the history as those saw it who used it. */
export interface Aftermath {
  product: Product;
  owner: OwnerDatabase;
  tenants: Tenant[];
  inbox: WebhookInbox;
  /** Those of the load in question. */
  attempts: Attempt[];
  packs: RequestedPack[];
}

/** Looks for what must not be, and says each in words; nothing where the guarantee holds. */
export type Invariant = (aftermath: Aftermath) => Promise<string[]>;
