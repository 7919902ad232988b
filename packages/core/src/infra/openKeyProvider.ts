import type { Settings } from '../config/settings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { openLocalKeys } from './keyProviders/local.ts';
import { proveKeyProvider } from './keyProviders/proveKeyProvider.ts';

/** Opens the key provider that the settings name, and proves it with a real signature before anything relies on it. */
export async function openKeyProvider(settings: Settings): Promise<KeyProvider> {
  const provider = await open(settings);
  await proveKeyProvider(provider);
  return provider;
}

function open(settings: Settings): Promise<KeyProvider> {
  const { SIGNING_KEY_ID: signingKeyId } = settings;
  return openLocalKeys({
    path: settings.SIGNING_KEY_PATH ?? '',
    signingKeyId,
    salt: settings.LOCAL_ENCRYPTION_SALT ?? '',
  });
}
