import { processSettingsOf } from '@origin-stack/core/config/readSettings';
import { openKeyring } from '@origin-stack/core/domain/keys/keyring';
import { createDatabase } from '@origin-stack/core/infra/database';
import { loadModels } from '@origin-stack/core/infra/loadModels';
import { createLog } from '@origin-stack/core/infra/log';
import { KEY_PROVIDER_SETTINGS, openPepper } from '@origin-stack/core/infra/openKeyProvider';
import { randomIds } from '@origin-stack/core/infra/randomIds';
import { connectRedis } from '@origin-stack/core/infra/redis';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import { openTlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import type { Operator } from '../../embedded/operator.ts';

/** What the `tools` container is told: it signs nothing and opens no data key. */
const NEEDED = [
  ...KEY_PROVIDER_SETTINGS,
  'DATABASE_URL',
  'REDIS_URL',
  'TLS_CA_FILE',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TLS_EXTRA_CA_FILE',
  'PUBLIC_URL',
  'MODELS_PATH',
  'RATE_LIMIT_TTL_SECONDS',
  'LEGACY_APIKEY_FALLBACK',
] as const;

/** Opens the bundle from within it, by the settings of the environment. */
export async function openBundleOperator(): Promise<Operator> {
  const settings = processSettingsOf(NEEDED);
  const log = createLog({ service: 'operator', level: 'silent' });
  const tls = await openTlsIdentity(settings, { log });
  const pepper = await openPepper(settings, { tls });
  const db = createDatabase({
    url: settings.DATABASE_URL,
    applicationName: 'origin-operator',
    min: 0,
    max: 2,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
    tls,
  });
  const redis = connectRedis({ url: settings.REDIS_URL, name: 'origin-operator', log, tls });
  return {
    db,
    clock: systemClock,
    ids: randomIds,
    keyring: await openKeyring(pepper),
    models: await loadModels(settings.MODELS_PATH),
    redis,
    apiUrl: settings.PUBLIC_URL,
    markSlackSeconds: settings.RATE_LIMIT_TTL_SECONDS,
    takesLegacyKeys: settings.LEGACY_APIKEY_FALLBACK,
    async [Symbol.asyncDispose]() {
      await redis.close();
      await db.destroy();
      tls?.close();
    },
  };
}
