import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { motoAvailable, startMoto } from '@origin-stack/testkit/peers/moto';
import type { PeerProcess } from '@origin-stack/testkit/peers/peerProcess';
import { compactVerify, importJWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KeyProvider } from '../../domain/ports.ts';
import { type AwsKmsOptions, openAwsKms } from './awsKms.ts';
import { proveKeyProvider } from './proveKeyProvider.ts';

const installTimeoutMs = 10 * 60_000;
const moto = motoAvailable();
const skipped = moto.ok ? '' : ` (skipped: ${moto.reason})`;
const region = 'eu-central-1';

function giveCredentials() {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-nobody');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token-of-nobody');
}

async function makeKeys(endpoint: string) {
  const client = new KMSClient({ region, endpoint });
  const create = async (input: CreateKeyCommandInput) =>
    (await client.send(new CreateKeyCommand(input))).KeyMetadata!;
  const signing = await create({ KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' });
  const wrapping = await create({});
  const pepper = await create({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const options: AwsKmsOptions = {
    region,
    endpoint,
    signingKeyId: signing.KeyId!,
    wrappingKeyId: wrapping.KeyId!,
    pepperKeyId: pepper.KeyId!,
    timeoutMs: 20_000,
  };
  return { client, create, options, pepperArn: pepper.Arn! };
}

/** Header and payload of a compact JWS that are together exactly `sizeBytes` long. */
function signingInput(kid: string, sizeBytes: number): string {
  for (const pad of ['', 'x', 'xx', 'xxx']) {
    const header = Buffer.from(JSON.stringify({ alg: 'PS256', kid, pad })).toString('base64url');
    const payloadBytes = Math.floor(((sizeBytes - header.length - 1) * 3) / 4);
    const input = `${header}.${Buffer.alloc(payloadBytes, 'p').toString('base64url')}`;
    if (input.length === sizeBytes) return input;
  }
  throw new Error(`no JWS has an input of ${sizeBytes} bytes`);
}

describe.skipIf(!moto.ok)(`keys in AWS KMS${skipped}`, () => {
  let peer: PeerProcess;
  let keys: Awaited<ReturnType<typeof makeKeys>>;
  let provider: KeyProvider;
  beforeAll(async () => {
    giveCredentials();
    peer = await startMoto({ asAws: true });
    keys = await makeKeys(peer.url);
    provider = await openAwsKms(keys.options);
  }, installTimeoutMs);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await peer?.stop();
  });

  test('pass the proof that a provider must pass before the service starts', async () => {
    expect(provider.name).toBe('aws_kms');
    await expect(proveKeyProvider(provider)).resolves.toBeUndefined();
  });

  test.each([200, 4095, 4096, 4097, 20_000])(
    'sign a JWS input of %i bytes that jose verifies',
    async (size) => {
      const input = signingInput(provider.signingKey.kid, size);
      const signature = await provider.sign(Buffer.from(input));
      const jws = `${input}.${Buffer.from(signature).toString('base64url')}`;
      const key = await importJWK({ ...provider.signingKey }, 'PS256');
      const { protectedHeader } = await compactVerify(jws, key, { algorithms: ['PS256'] });
      expect(protectedHeader.kid).toBe(provider.signingKey.kid);
      expect(input.length).toBe(size);
    },
  );

  test('give the public key as it stands in the JWKS', () => {
    const { signingKey } = provider;
    expect(signingKey).toMatchObject({ kty: 'RSA', alg: 'PS256', use: 'sig', e: 'AQAB' });
    expect(Buffer.from(signingKey.n, 'base64url').length).toBe(384);
  });

  test('wrap so that only the same key unwraps, and refuse what was tampered with', async () => {
    const secret = Buffer.alloc(4096, 7);
    const wrapped = await provider.wrap(secret);
    expect(wrapped).toMatch(/^aws_kms:v1:[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(await provider.unwrap(wrapped)).equals(secret)).toBe(true);
    const bytes = Buffer.from(wrapped.slice('aws_kms:v1:'.length), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    const tampered = `aws_kms:v1:${bytes.toString('base64')}`;
    await expect(provider.unwrap(tampered)).rejects.toMatchObject({
      name: 'AwsKmsError',
      operation: 'Decrypt',
    });
    const another = await openAwsKms({ ...keys.options, wrappingKeyId: (await keys.create({})).KeyId! });
    await expect(another.unwrap(wrapped)).rejects.toMatchObject({
      name: 'AwsKmsError',
      operation: 'Decrypt',
    });
    for (const text of ['', 'local:v1:AAAA', 'aws_kms:v1:', 'aws_kms:v2:AAAA', `x${wrapped}`]) {
      await expect(provider.unwrap(text)).rejects.toThrow('not a key that AWS KMS wrapped');
    }
  });

  test('give the same 32-byte MAC for a label each time and name the key that made it', async () => {
    const [first, again, other] = [
      await provider.mac('label'),
      await provider.mac('label'),
      await provider.mac('l'),
    ];
    expect(first.keyId).toBe(keys.pepperArn);
    expect(first.mac.length).toBe(32);
    expect(first.mac.equals(again.mac)).toBe(true);
    expect(first.mac.equals(other.mac)).toBe(false);
    expect(first.mac.equals(createHmac('sha256', '').update('label').digest())).toBe(false);
  });

  test('are not ready while one of them is disabled', async () => {
    await expect(provider.check()).resolves.toBeUndefined();
    const disabled = await keys.create({});
    await keys.client.send(new DisableKeyCommand({ KeyId: disabled.KeyId! }));
    const options = { ...keys.options, wrappingKeyId: disabled.KeyId! };
    await expect((await openAwsKms(options)).check()).rejects.toThrow(
      'aws_kms DescribeKey: KeyState_Disabled',
    );
  });

  test('name the operation and the code of AWS for an absent key, and refuse to sign with one that is not RSA', async () => {
    const absent = '00000000-0000-4000-8000-000000000000';
    await expect(openAwsKms({ ...keys.options, signingKeyId: absent })).rejects.toMatchObject({
      message: 'aws_kms GetPublicKey: NotFoundException (HTTP 400)',
      code: 'NotFoundException',
    });
    const elliptic = await keys.create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await expect(openAwsKms({ ...keys.options, signingKeyId: elliptic.KeyId! })).rejects.toThrow(
      /must be RSA/,
    );
    await expect(openAwsKms({ ...keys.options, pepperKeyId: absent })).rejects.toMatchObject({
      operation: 'DescribeKey',
      code: 'NotFoundException',
    });
    const mixed = await openAwsKms({ ...keys.options, wrappingKeyId: absent });
    await expect(mixed.wrap(Buffer.from('x'))).rejects.toMatchObject({
      operation: 'Encrypt',
      code: 'NotFoundException',
    });
    await expect(mixed.check()).rejects.toMatchObject({ code: 'NotFoundException' });
  });
});

test.skipIf(!moto.ok)(
  `a KMS that signs PSS with another salt does not pass the proof${skipped}`,
  async () => {
    giveCredentials();
    const peer = await startMoto({ asAws: false });
    try {
      const { options, client } = await makeKeys(peer.url);
      expect((await client.send(new ListKeysCommand({}))).Keys).toHaveLength(3);
      const provider = await openAwsKms(options);
      expect((await provider.sign(Buffer.from('x'))).length).toBe(384);
      await expect(proveKeyProvider(provider)).rejects.toThrow(
        'the key provider aws_kms does not sign PS256 with a salt of 32 bytes',
      );
    } finally {
      vi.unstubAllEnvs();
      await peer.stop();
    }
  },
  installTimeoutMs,
);

describe('an AWS KMS endpoint that fails', () => {
  const servers: Server[] = [];
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const server of servers.splice(0)) server.close();
  });
  async function openAt(server: Server, timeoutMs: number) {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const id = 'any';
    const ids = { signingKeyId: id, wrappingKeyId: id, pepperKeyId: id };
    return openAwsKms({ region, endpoint, timeoutMs, ...ids }).catch((error: unknown) => error);
  }

  test('is given up at the deadline, attempts included, when it accepts and never answers', async () => {
    giveCredentials();
    const sockets = new Set<{ destroy(): void }>();
    const startedMs = Date.now();
    const error = await openAt(
      createTcpServer((socket) => sockets.add(socket)),
      1500,
    );
    expect(error).toMatchObject({
      name: 'AwsKmsError',
      operation: 'GetPublicKey',
      code: 'Timeout',
      status: 0,
    });
    expect(Date.now() - startedMs).toBeLessThan(2900);
    for (const socket of sockets) socket.destroy();
  });

  test('is tried three times when it is overloaded, and no more', async () => {
    giveCredentials();
    let requests = 0;
    const error = await openAt(
      createServer((_, response) => {
        requests += 1;
        response.writeHead(503, { 'content-type': 'application/x-amz-json-1.1' });
        response.end('{"__type":"KMSInternalException"}');
      }),
      20_000,
    );
    expect(error).toMatchObject({ message: 'aws_kms GetPublicKey: KMSInternalException (HTTP 503)' });
    expect(requests).toBe(3);
  });

  test('leaks no credential when it repeats the signed request in its answer, as AWS does', async () => {
    giveCredentials();
    const error = await openAt(
      createServer((request, response) => {
        const message = JSON.stringify(request.headers);
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ __type: 'InvalidSignatureException', message }));
      }),
      20_000,
    );
    expect(error).toMatchObject({ code: 'InvalidSignatureException', status: 400 });
    expect(error).not.toHaveProperty('cause');
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const secret of ['AKIDOFNOBODY', 'secret-of-nobody', 'token-of-nobody']) {
      expect(everything).not.toContain(secret);
    }
  });
});
