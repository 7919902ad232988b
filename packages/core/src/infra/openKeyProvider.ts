import type { Settings } from '../config/settings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { openAwsKms } from './keyProviders/awsKms.ts';
import { openLocalKeys } from './keyProviders/local.ts';
import { proveKeyProvider } from './keyProviders/proveKeyProvider.ts';
import { mendable } from './runProcess.ts';

/** Opens the key provider that the settings name, and proves it with a real signature before anything relies on it. */
export async function openKeyProvider(settings: Settings): Promise<KeyProvider> {
  const provider = await open(settings);
  await proveKeyProvider(provider);
  return provider;
}

const KMS_TIMEOUT_MS = 5_000;

function open(settings: Settings): Promise<KeyProvider> {
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
