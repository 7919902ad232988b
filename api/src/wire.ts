import type { Settings } from '@origin-stack/core/config/settings';
import { commitDecisions, type DecisionDraft } from '@origin-stack/core/domain/ingest/commitDecisions';
import type { IngestDeps } from '@origin-stack/core/domain/ingest/ingest';
import {
  type Authenticator,
  createAuthenticator,
  type KnownKey,
} from '@origin-stack/core/domain/keys/authenticate';
import { createLedgerVerifier } from '@origin-stack/core/domain/ledger/createLedgerVerifier';
import { createGroupCommit } from '@origin-stack/core/domain/ledger/groupCommit';
import { publishModels } from '@origin-stack/core/domain/models/modelArtifactStore';
import { createSubjectKeyring } from '@origin-stack/core/domain/subjects/subjectKeys';
import type { AddressRules } from '@origin-stack/core/domain/webhooks/addressRules';
import { isItemsFault } from '@origin-stack/core/infra/databaseErrors';
import { openKeyMarks } from '@origin-stack/core/infra/keyMarks';
import { loadModels } from '@origin-stack/core/infra/loadModels';
import { openAddressRules } from '@origin-stack/core/infra/openAddressRules';
import { type Core, openCore } from '@origin-stack/core/infra/openCore';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { mendable } from '@origin-stack/core/infra/runProcess';
import { openServiceKeyGate, type ServiceKeyGate } from '@origin-stack/core/infra/serviceKeyGate';
import { verifyBcrypt } from '@origin-stack/core/infra/verifyBcrypt';
import { noteKeyUses } from './http/noteKeyUses.ts';

/** Everything that routes and services of the API are given. */
export interface ApiDeps extends Core, IngestDeps {
  authenticate: Authenticator;
  noteKeyUse(key: KnownKey): void;
  /** Of the internal listener. */
  serviceKeys: ServiceKeyGate;
  /** Where webhooks may go. */
  addresses: AddressRules;
  verifyLedger: ReturnType<typeof createLedgerVerifier>;
  modelsLoadedAt: string;
  version: string;
  /** True once the process was told to stop: it is not ready any more. */
  isStopping(): boolean;
}

const MAX_BATCH = 64;
const MAX_WAITING = 2_000;
const MAX_VERIFICATIONS = 2;

/** The composition of the API process. */
export async function wire(settings: Settings, isStopping: () => boolean): Promise<ApiDeps> {
  const models = await mendable(loadModels(settings.MODELS_PATH));
  const core = await openCore('api', settings);
  const { db, clock, redis, keyring } = core;
  await publishModels(db, models, clock.now());
  const authenticate = createAuthenticator({
    db,
    pepper: keyring.pepper,
    marks: openKeyMarks(redis, settings.RATE_LIMIT_TTL_SECONDS),
    nowMs: clock.epochMs,
    verifyLegacy: settings.LEGACY_APIKEY_FALLBACK ? verifyBcrypt : undefined,
  });
  redis.onReady(() => authenticate.forget());
  return {
    ...core,
    models,
    addresses: await openAddressRules(settings, core.log),
    verifyLedger: createLedgerVerifier(core, MAX_VERIFICATIONS),
    modelsLoadedAt: clock.now(),
    subjects: createSubjectKeyring(core.keys),
    commit: createGroupCommit({
      maxBatch: MAX_BATCH,
      maxWaiting: MAX_WAITING,
      isItemsFault,
      run: (tenantId: string, drafts: DecisionDraft[]) => commitDecisions(core, tenantId, drafts),
    }),
    authenticate,
    noteKeyUse: noteKeyUses(core),
    serviceKeys: openServiceKeyGate({ file: settings.SERVICE_KEYS_FILE, clock }),
    version: productVersion,
    isStopping,
  };
}
