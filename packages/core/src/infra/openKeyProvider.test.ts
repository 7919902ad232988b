import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { motoAvailable, startMoto } from '@origin-stack/testkit/peers/moto';
import type { PeerProcess } from '@origin-stack/testkit/peers/peerProcess';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readSettings } from '../config/readSettings.ts';
import type { KeyProvider } from '../domain/ports.ts';
import { createMetrics } from './metrics.ts';
import { openKeyProvider } from './openKeyProvider.ts';

const moto = motoAvailable();
const skipped = moto.ok ? '' : ` (skipped: ${moto.reason})`;
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
