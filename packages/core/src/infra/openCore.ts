import type { Settings } from '../config/settings.ts';
import { publishSigningKey } from '../domain/certificates/signingKeyStore.ts';
import { checkFingerprints } from '../domain/keys/checkFingerprints.ts';
import { type Keyring, openKeyring } from '../domain/keys/keyring.ts';
import { createSecretBox, type SecretBox } from '../domain/keys/secretBox.ts';
import type { Clock, Db, Ids, KeyProvider, ObjectStore } from '../domain/ports.ts';
import { createDatabase, warmUp } from './database.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openKeyProvider } from './openKeyProvider.ts';
import { openObjects } from './openObjects.ts';
import { randomIds } from './randomIds.ts';
import { connectRedis, type Redis } from './redis.ts';
import { mendable } from './runProcess.ts';
import { systemClock } from './systemClock.ts';
import { openTlsIdentity, type TlsIdentity } from './tlsIdentity.ts';
import { watchBreaker } from './watchBreaker.ts';
import { watchOutbox } from './watchOutbox.ts';
import { watchPool } from './watchPool.ts';

/** What the API and the worker have in common. */
export interface Core {
  settings: Settings;
  log: Log;
  metrics: Metrics;
  /** Who this process is to the others; undefined where the installation has no mutual TLS. */
  tls: TlsIdentity | undefined;
  clock: Clock;
  ids: Ids;
  db: Db;
  redis: Redis;
  keys: KeyProvider;
  keyring: Keyring;
  secrets: SecretBox;
  objects: ObjectStore;
  /** Closes what was opened, last first. */
  close(): Promise<void>;
}

/**
 * Opens database, Redis, keys and objects. Rejects, with nothing left open, where the database or the key provider
 * is away or the keys are not this database's; Redis and the object store may come later.
 */
export async function openCore(service: 'api' | 'worker', settings: Settings): Promise<Core> {
  const log = createLog({ service, level: settings.LOG_LEVEL });
  const tls = await mendable(openTlsIdentity(settings, { log }));
  try {
    return await openWithIdentity({ service, settings, log, tls });
  } catch (error) {
    tls?.close();
    throw error;
  }
}

async function openWithIdentity(
  options: Pick<Core, 'settings' | 'log' | 'tls'> & { service: 'api' | 'worker' },
): Promise<Core> {
  const { service, settings, log, tls } = options;
  const metrics = createMetrics(service);
  metrics.count('process_replacements_total', {}, settings.WATCHDOG_REPLACEMENTS);
  const clock = systemClock;
  const keys = await openKeyProvider(settings, { metrics, tls });
  const keyring = await openKeyring(keys);
  const db = createDatabase({
    url: settings.DATABASE_URL,
    applicationName: `origin-${service}`,
    min: settings.DATABASE_POOL_MIN,
    max: settings.DATABASE_POOL_MAX,
    acquireTimeoutMs: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
    maxLifetimeMs: settings.DATABASE_CONNECTION_LIFETIME_SECONDS * 1000,
    tls,
    onQueryEnd: (seconds) => metrics.observe('database_query_duration_seconds', {}, seconds),
  });
  const redis = connectRedis({
    url: settings.REDIS_URL,
    name: `origin-${service}`,
    log,
    tls,
    onFailure: () => metrics.count('redis_connection_failures_total'),
  });
  metrics.count('redis_connection_failures_total', {}, 0);
  watchBreaker(metrics, redis.breaker);
  const close = async () => {
    await redis.close();
    await db.destroy();
    tls?.close();
  };
  try {
    await warmUp(db, settings.DATABASE_POOL_MIN);
    await checkFingerprints({ db, keyring, now: clock.now() });
    await publishSigningKey(db, { jwk: keys.signingKey, provider: keys.name, at: clock.now() });
    const objects = await openObjects(settings, { keyring, clock, log, metrics, tls });
    watchPool(metrics, {
      db,
      redis,
      min: settings.DATABASE_POOL_MIN,
      max: settings.DATABASE_POOL_MAX,
    });
    watchOutbox(metrics, db);
    const secrets = createSecretBox(keys);
    return {
      settings,
      log,
      metrics,
      tls,
      clock,
      ids: randomIds,
      db,
      redis,
      keys,
      keyring,
      secrets,
      objects,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
