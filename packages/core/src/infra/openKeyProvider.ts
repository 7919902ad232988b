import type { Settings } from '../config/settings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { createBreaker } from './breaker.ts';
import { openEgressProxy } from './egressProxy/egressProxy.ts';
import { openAwsKms } from './keyProviders/awsKms.ts';
import { isAwsKmsAway } from './keyProviders/awsKmsError.ts';
import { guardKeys } from './keyProviders/guardKeys.ts';
import { openLocalKeys } from './keyProviders/local.ts';
import { proveKeyProvider } from './keyProviders/proveKeyProvider.ts';
import { openVault, openVaultPepper } from './keyProviders/vault.ts';
import { isVaultAway } from './keyProviders/vaultError.ts';
import type { Metrics } from './metrics.ts';
import { mendable } from './runProcess.ts';
import type { TlsIdentity } from './tlsIdentity.ts';
import { watchBreaker } from './watchBreaker.ts';

/** What a key provider is opened by. */
export const KEY_PROVIDER_SETTINGS = [
  'SIGNING_KEY_PROVIDER',
  'SIGNING_KEY_ID',
  'SIGNING_KEY_PATH',
  'LOCAL_ENCRYPTION_SALT',
  'WRAPPING_KEY_ID',
  'PEPPER_KEY_ID',
  'AWS_REGION',
  'AWS_KMS_ENDPOINT',
  'VAULT_ADDR',
  'VAULT_ROLE_ID',
  'VAULT_SECRET_ID',
  'VAULT_TRANSIT_MOUNT',
  'EGRESS_PROXY_URL',
  'EGRESS_NO_PROXY',
] as const satisfies (keyof Settings)[];

type KeyProviderSettings = Pick<Settings, (typeof KEY_PROVIDER_SETTINGS)[number]>;

/**
 * Opens the key provider that the settings name, and proves it with a real signature before anything relies on it.
 * A provider in the network stands behind a breaker. Rejects where it is away or sealed: the process ends, and who
 * started it starts it again.
 */
export async function openKeyProvider(
  settings: KeyProviderSettings,
  { metrics, tls }: { metrics: Metrics; tls?: TlsIdentity | undefined },
): Promise<KeyProvider> {
  const provider = await open(settings, tls);
  await proveKeyProvider(provider);
  if (provider.name === 'local') return provider;
  const breaker = createBreaker({
    name: provider.name,
    failures: FAILURES,
    halfOpenAfterMs: REST_MS,
    isFailure: (error) => isAwsKmsAway(error) || isVaultAway(error),
  });
  watchBreaker(metrics, breaker);
  return guardKeys(provider, breaker);
}

/** What gives the pepper, for operators' commands: in Vault their role may do nothing else. */
export async function openPepper(
  settings: KeyProviderSettings,
  { tls }: { tls?: TlsIdentity | undefined },
): Promise<Pick<KeyProvider, 'mac'>> {
  if (settings.SIGNING_KEY_PROVIDER !== 'vault') return open(settings, tls);
  return openVaultPepper(vaultOptions(settings, tls));
}

const TIMEOUT_MS = 5_000;
const FAILURES = 5;
const REST_MS = 5_000;

async function open(settings: KeyProviderSettings, tls: TlsIdentity | undefined): Promise<KeyProvider> {
  const { SIGNING_KEY_ID: signingKeyId } = settings;
  const wrappingKeyId = settings.WRAPPING_KEY_ID ?? '';
  if (settings.SIGNING_KEY_PROVIDER === 'vault') {
    return openVault({ ...vaultOptions(settings, tls), signingKeyId, wrappingKeyId });
  }
  if (settings.SIGNING_KEY_PROVIDER === 'aws_kms') {
    const endpoint = settings.AWS_KMS_ENDPOINT;
    return openAwsKms({
      region: settings.AWS_REGION ?? '',
      ...(endpoint ? { endpoint } : {}),
      signingKeyId,
      wrappingKeyId,
      pepperKeyId: settings.PEPPER_KEY_ID ?? '',
      timeoutMs: TIMEOUT_MS,
      proxy: openEgressProxy(settings, tls),
    });
  }
  const path = settings.SIGNING_KEY_PATH ?? '';
  return mendable(openLocalKeys({ path, signingKeyId, salt: settings.LOCAL_ENCRYPTION_SALT ?? '' }));
}

const vaultOptions = (settings: KeyProviderSettings, tls: TlsIdentity | undefined) => ({
  address: settings.VAULT_ADDR ?? '',
  roleId: settings.VAULT_ROLE_ID ?? '',
  secretId: settings.VAULT_SECRET_ID ?? '',
  mount: settings.VAULT_TRANSIT_MOUNT,
  pepperKeyId: settings.PEPPER_KEY_ID ?? '',
  timeoutMs: TIMEOUT_MS,
  tls,
  proxy: openEgressProxy(settings, tls),
});
