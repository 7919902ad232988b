import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { motoAvailable, startMoto } from '@origin-stack/testkit/peers/moto';
import { type Openbao, openbaoAvailable, startOpenbao } from '@origin-stack/testkit/peers/openbao';
import type { PeerProcess } from '@origin-stack/testkit/peers/peerProcess';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readSettings } from '../config/readSettings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openKeyProvider, openPepper } from './openKeyProvider.ts';
import { openTlsIdentity } from './tlsIdentity.ts';

const moto = motoAvailable();
const skipped = moto.ok ? '' : ` (skipped: ${moto.reason})`;
const openbao = openbaoAvailable();
const vaultSkipped = openbao.ok ? '' : ` (skipped: ${openbao.reason})`;
const region = 'eu-central-1';
const metrics = createMetrics('test');
const shownState = async () =>
  /^breaker_state\{(?=.*breaker="aws_kms").*\} (\d)$/m.exec(await metrics.scrape())?.[1];

describe.skipIf(!moto.ok)(`keys in the network${skipped}`, () => {
  let peer: PeerProcess;
  let provider: KeyProvider;
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-nobody');
    peer = await startMoto({ asAws: true });
    const client = new KMSClient({ region, endpoint: peer.url });
    const create = async (input: CreateKeyCommandInput) =>
      (await client.send(new CreateKeyCommand(input))).KeyMetadata!.KeyId;
    const settings = readSettings({
      ENVIRONMENT: 'test',
      DATABASE_URL: 'postgres://127.0.0.1/none',
      REDIS_URL: 'redis://127.0.0.1',
      OBJECTS_PATH: '/none',
      SIGNING_KEY_PROVIDER: 'aws_kms',
      AWS_REGION: region,
      AWS_KMS_ENDPOINT: peer.url,
      SIGNING_KEY_ID: await create({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }),
      WRAPPING_KEY_ID: await create({}),
      PEPPER_KEY_ID: await create({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    });
    provider = await openKeyProvider(settings, { metrics });
  }, 600_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await peer?.stop();
  });

  test('that refuse are still asked: a refusal is an answer', async () => {
    for (let i = 0; i < 8; i += 1) {
      await expect(provider.unwrap('aws_kms:v1:AAAA')).rejects.toMatchObject({ name: 'AwsKmsError' });
    }
    await provider.check();
    expect(await shownState()).toBe('0');
  });

  test('that are away are not asked any more, by no operation, and the metrics say so', async () => {
    await peer.stop();
    for (let i = 0; i < 5; i += 1) {
      await expect(provider.sign(Buffer.from('x'))).rejects.toMatchObject({ name: 'AwsKmsError' });
    }
    const operations = [
      () => provider.sign(Buffer.from('x')),
      () => provider.wrap(Buffer.from('x')),
      () => provider.unwrap('aws_kms:v1:AAAA'),
      () => provider.mac('x'),
      () => provider.check(),
    ];
    for (const operation of operations) {
      await expect(operation()).rejects.toMatchObject({ name: 'BreakerOpenError', breaker: 'aws_kms' });
    }
    expect(await shownState()).toBe('2');
  }, 60_000);
});

describe.skipIf(!openbao.ok)(`keys in Vault${vaultSkipped}`, () => {
  let authority: TestAuthority;
  let peer: Openbao;
  beforeAll(async () => {
    authority = await createTestAuthority();
    peer = await startOpenbao(authority);
  }, 600_000);
  afterAll(async () => {
    await peer?.stop();
    await authority?.remove();
  });

  test('are found by the settings of the bundle, and not asked any more while they are away', async () => {
    const { ca, cert, key } = await authority.issue('origin_api');
    const settings = readSettings({
      ENVIRONMENT: 'test',
      DATABASE_URL: 'postgres://127.0.0.1/none',
      REDIS_URL: 'rediss://127.0.0.1',
      OBJECTS_PATH: '/none',
      SIGNING_KEY_PROVIDER: 'vault',
      VAULT_ADDR: peer.url,
      VAULT_ROLE_ID: 'origin-api',
      VAULT_SECRET_ID: peer.secretIds['origin-api'],
      SIGNING_KEY_ID: 'origin-signing',
      WRAPPING_KEY_ID: 'origin-wrapping',
      PEPPER_KEY_ID: 'origin-pepper',
      TLS_CA_FILE: ca,
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
    });
    const tls = await openTlsIdentity(settings, { log: createLog({ service: 'test', level: 'silent' }) });
    const vault = await openKeyProvider(settings, { metrics, tls });
    expect(await (await openPepper(settings, { tls })).mac('x')).toEqual(await vault.mac('x'));
    await peer.stop();
    for (let i = 0; i < 5; i += 1) await expect(vault.check()).rejects.toMatchObject({ name: 'VaultError' });
    await expect(vault.sign(Buffer.from('x'))).rejects.toMatchObject({ name: 'BreakerOpenError' });
    await expect(openKeyProvider(settings, { metrics, tls })).rejects.toThrow(
      /^vault auth\/approle\/login: /,
    );
    tls?.close();
  }, 60_000);
});
