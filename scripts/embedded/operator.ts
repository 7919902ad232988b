import { readFile } from 'node:fs/promises';
import { processSettingsOf } from '@origin-stack/core/config/readSettings';
import { type Keyring, openKeyring } from '@origin-stack/core/domain/keys/keyring';
import type { ModelRegistry } from '@origin-stack/core/domain/models/modelRegistry';
import type { Clock, Db, Ids } from '@origin-stack/core/domain/ports';
import { createDatabase } from '@origin-stack/core/infra/database';
import { openLocalKeys } from '@origin-stack/core/infra/keyProviders/local';
import { loadModels } from '@origin-stack/core/infra/loadModels';
import { createLog } from '@origin-stack/core/infra/log';
import { randomIds } from '@origin-stack/core/infra/randomIds';
import { connectRedis, type Redis } from '@origin-stack/core/infra/redis';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { isInBundle } from '../bundle/findBundle.ts';
import { openBundleOperator } from '../bundle/inContainer/openBundleOperator.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { readGivenSettings } from './givenSettings.ts';
import { findRunning } from './runState.ts';
import { openSecrets } from './secretFiles.ts';
import { SIGNING_KEY_ID, serviceFiles } from './serviceFiles.ts';
import { locateStateDir } from './stateDir.ts';

/** What operators' commands work with: the database as its owner, the keys, and Redis to say what changed. */
export interface Operator extends AsyncDisposable {
  db: Db;
  clock: Clock;
  ids: Ids;
  keyring: Keyring;
  models: ModelRegistry;
  redis: Redis;
  /** Where the API is. */
  apiUrl: string;
  /** How much longer than every cached key a mark lives. */
  markSlackSeconds: number;
  /** Whether the API accepts keys of an older system (`LEGACY_APIKEY_FALLBACK`). */
  takesLegacyKeys: boolean;
}

/** Opens the installation that runs here. Throws PreconditionError where none does. */
export function openOperator(stateRoot: string | undefined): Promise<Operator> {
  return isInBundle() ? openBundleOperator() : openEmbeddedOperator(stateRoot);
}

async function openEmbeddedOperator(stateRoot: string | undefined): Promise<Operator> {
  const dir = locateStateDir(stateRoot);
  const state = await findRunning(dir);
  if (!state) {
    throw new PreconditionError({
      what: 'nothing runs here',
      why: 'the database must be running for this',
      next: './stack up --detach',
    });
  }
  const given = await readGivenSettings(dir);
  const settings = processSettingsOf(['RATE_LIMIT_TTL_SECONDS', 'LEGACY_APIKEY_FALLBACK'], given);
  const files = serviceFiles(dir);
  const secrets = await openSecrets(dir);
  const keys = await openLocalKeys({
    path: files.keysDir,
    signingKeyId: SIGNING_KEY_ID,
    salt: secrets.localEncryptionSalt.value,
  });
  const db = createDatabase({
    url: await readFile(files.urls.owner, 'utf8'),
    applicationName: 'origin-operator',
    min: 0,
    max: 2,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
  });
  const log = createLog({ service: 'operator', level: 'silent' });
  const redis = connectRedis({ url: await readFile(files.urls.redis, 'utf8'), name: 'origin-operator', log });
  return {
    db,
    clock: systemClock,
    ids: randomIds,
    keyring: await openKeyring(keys),
    models: await loadModels(given.MODELS_PATH || undefined),
    redis,
    apiUrl: state.urls.api ?? '',
    markSlackSeconds: settings.RATE_LIMIT_TTL_SECONDS,
    takesLegacyKeys: settings.LEGACY_APIKEY_FALLBACK,
    async [Symbol.asyncDispose]() {
      await redis.close();
      await db.destroy();
    },
  };
}
