import type { Settings } from '../config/settings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { createBreaker } from './breaker.ts';
import { openAwsKms } from './keyProviders/awsKms.ts';
import { isAwsKmsAway } from './keyProviders/awsKmsError.ts';
import { guardKeys } from './keyProviders/guardKeys.ts';
import { openLocalKeys } from './keyProviders/local.ts';
import { proveKeyProvider } from './keyProviders/proveKeyProvider.ts';
import type { Metrics } from './metrics.ts';
import { mendable } from './runProcess.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { watchBreaker } from './watchBreaker.ts';

/**
 * Opens the key provider that the settings name, and proves it with a real signature before anything relies on it.
 * A provider in the network stands behind a breaker.
 */
export async function openKeyProvider(
  settings: Settings,
  { metrics, tls }: { metrics: Metrics; tls?: TlsIdentity | undefined },
): Promise<KeyProvider> {
  const provider = await open(settings, tls);
  await proveKeyProvider(provider);
  if (provider.name === 'local') return provider;
  const breaker = createBreaker({
    name: provider.name,
    failures: FAILURES,
    halfOpenAfterMs: REST_MS,
    isFailure: isAwsKmsAway,
  });
  watchBreaker(metrics, breaker);
  return guardKeys(provider, breaker);
}

const KMS_TIMEOUT_MS = 5_000;
const FAILURES = 5;
const REST_MS = 5_000;

function open(settings: Settings, _tls: TlsIdentity | undefined): Promise<KeyProvider> {
  const { SIGNING_KEY_ID: signingKeyId } = settings;
  if (settings.SIGNING_KEY_PROVIDER === 'aws_kms') {
    const endpoint = settings.AWS_KMS_ENDPOINT;
    return openAwsKms({
      region: settings.AWS_REGION ?? '',
      ...(endpoint ? { endpoint } : {}),
      signingKeyId,
      wrappingKeyId: settings.WRAPPING_KEY_ID ?? '',
      pepperKeyId: settings.PEPPER_KEY_ID ?? '',
      timeoutMs: KMS_TIMEOUT_MS,
    });
  }
  const path = settings.SIGNING_KEY_PATH ?? '';
  return mendable(openLocalKeys({ path, signingKeyId, salt: settings.LOCAL_ENCRYPTION_SALT ?? '' }));
}
