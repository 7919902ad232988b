import type { AnyRoute } from '../http/route.ts';
import { getCertificate } from './certificates/getCertificate.ts';
import { getJwks, getWellKnownJwks } from './certificates/getJwks.ts';
import { createEvidencePack } from './evidence/createEvidencePack.ts';
import { downloadEvidencePack } from './evidence/downloadEvidencePack.ts';
import { getEvidencePack } from './evidence/getEvidencePack.ts';
import { healthRoutes } from './health/healthRoutes.ts';
import { createIngest } from './ingest/createIngest.ts';
import { whoAmI } from './keys/whoAmI.ts';
import { listLedgerEvents } from './ledger/listLedgerEvents.ts';
import { verifyLedger } from './ledger/verifyLedger.ts';
import { getModelsStatus } from './models/getModelsStatus.ts';
import { createPolicy } from './policies/createPolicy.ts';
import { getPolicy } from './policies/getPolicy.ts';
import { listPolicies } from './policies/listPolicies.ts';
import { getUpload } from './uploads/getUpload.ts';
import { listUploads } from './uploads/listUploads.ts';
import { createWebhook } from './webhooks/createWebhook.ts';
import { deleteWebhook } from './webhooks/deleteWebhook.ts';
import { getWebhook } from './webhooks/getWebhook.ts';
import { listDeliveries } from './webhooks/listDeliveries.ts';
import { listWebhooks } from './webhooks/listWebhooks.ts';
import { replayDelivery } from './webhooks/replayDelivery.ts';
import { rotateWebhookSecret } from './webhooks/rotateWebhookSecret.ts';
import { testWebhook } from './webhooks/testWebhook.ts';
import { updateWebhook } from './webhooks/updateWebhook.ts';

/** Every route of the public listener. */
export const ROUTES: readonly AnyRoute[] = [
  createIngest,
  listUploads,
  getUpload,
  listPolicies,
  createPolicy,
  getPolicy,
  createEvidencePack,
  getEvidencePack,
  downloadEvidencePack,
  getCertificate,
  getJwks,
  getWellKnownJwks,
  listLedgerEvents,
  verifyLedger,
  getModelsStatus,
  createWebhook,
  listWebhooks,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  testWebhook,
  listDeliveries,
  replayDelivery,
  whoAmI,
  ...healthRoutes({ detail: false }),
];
