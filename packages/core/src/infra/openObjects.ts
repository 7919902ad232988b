import type { Settings } from '../config/settings.ts';
import type { Keyring } from '../domain/keys/keyring.ts';
import type { Clock, ObjectStore } from '../domain/ports.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { openEgressProxy } from './egressProxy/egressProxy.ts';
import { describeError, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { openFilesystemObjects } from './objects/filesystemObjects.ts';
import { isObjectStoreAway } from './objects/objectStoreError.ts';
import { openS3Objects } from './objects/s3Objects.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { watchBreaker } from './watchBreaker.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const REST_MS = 5_000;

/** Opens the object store that the settings name: S3 behind a breaker, or a local folder in development. */
export async function openObjects(
  settings: Settings,
  deps: { keyring: Keyring; clock: Clock; log: Log; metrics: Metrics; tls?: TlsIdentity | undefined },
): Promise<ObjectStore> {
  const { clock } = deps;
  if (!settings.MINIO_ENDPOINT) {
    const urlKey = deps.keyring.objectUrls;
    return openFilesystemObjects({
      path: settings.OBJECTS_PATH ?? '',
      publicUrl: settings.PUBLIC_URL,
      urlKey,
      clock,
    });
  }
  const breaker = createBreaker({
    name: 'objects',
    failures: 5,
    halfOpenAfterMs: REST_MS,
    isFailure: isObjectStoreAway,
  });
  watchBreaker(deps.metrics, breaker);
  const store = openS3Objects({
    endpoint: settings.MINIO_ENDPOINT,
    publicUrl: settings.MINIO_PUBLIC_ENDPOINT ?? settings.MINIO_ENDPOINT,
    region: settings.MINIO_REGION,
    bucket: settings.MINIO_BUCKET,
    accessKey: settings.MINIO_ACCESS_KEY ?? '',
    secretKey: settings.MINIO_SECRET_KEY ?? '',
    timeoutMs: REQUEST_TIMEOUT_MS,
    tls: deps.tls,
    proxy: openEgressProxy(settings, deps.tls),
    clock,
  });
  // A store that is away, or one where only its operator may make buckets, must not keep the service from starting.
  await breaker
    .run(() => store.ensureBucket())
    .catch((error: unknown) => {
      deps.log.warn(
        { bucket: settings.MINIO_BUCKET, err: describeError(error) },
        'the bucket could not be ensured',
      );
    });
  return behind(breaker, store);
}

/** The same store, whose calls are not made while it is known to be away. Signing a URL calls nobody. */
function behind(breaker: Breaker, store: ObjectStore): ObjectStore {
  return {
    name: store.name,
    put: (object) => breaker.run(() => store.put(object)),
    get: (key) => breaker.run(() => store.get(key)),
    remove: (keys) => breaker.run(() => store.remove(keys)),
    check: () => breaker.run(() => store.check()),
    presign: (download) => store.presign(download),
  };
}
