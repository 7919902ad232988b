import type { Knex } from 'knex';
import * as tenantsAndKeys from './0001_tenants_and_keys.ts';
import * as decisionsAndLedger from './0002_decisions_and_ledger.ts';
import * as workAndEffects from './0003_work_and_effects.ts';
import * as retention from './0004_retention.ts';
import * as unfinishedPacks from './0005_unfinished_packs.ts';
import * as tenantIds from './0006_tenant_ids.ts';
import * as proof from './0007_proof.ts';
import * as uploadsUnderWay from './0008_uploads_under_way.ts';

/** Forward only, in this order. What has landed is never edited: expand, then contract. */
export const MIGRATIONS: { name: string; up(db: Knex): Promise<void> }[] = [
  { name: '0001_tenants_and_keys', up: tenantsAndKeys.up },
  { name: '0002_decisions_and_ledger', up: decisionsAndLedger.up },
  { name: '0003_work_and_effects', up: workAndEffects.up },
  { name: '0004_retention', up: retention.up },
  { name: '0005_unfinished_packs', up: unfinishedPacks.up },
  { name: '0006_tenant_ids', up: tenantIds.up },
  { name: '0007_proof', up: proof.up },
  { name: '0008_uploads_under_way', up: uploadsUnderWay.up },
];
