import { createHash, createPublicKey } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import type { KeyProvider } from '../../domain/ports.ts';
import type { EgressProxy } from '../egressProxy/egressProxy.ts';
import { viaProxy } from '../egressProxy/viaProxy.ts';
import { callWithin } from '../withDeadline.ts';
import { AwsKmsError, awsKmsError } from './awsKmsError.ts';
import { signingJwk } from './signingJwk.ts';

export interface AwsKmsOptions {
  region: string;
  /** Only for a private endpoint, `http(s)://host[:port]`. */
  endpoint?: string;
  /** RSA of 2048, 3072 or 4096 bits with the usage SIGN_VERIFY: its id, ARN or alias. */
  signingKeyId: string;
  /** Symmetric, ENCRYPT_DECRYPT. */
  wrappingKeyId: string;
  /** HMAC_256, GENERATE_VERIFY_MAC. */
  pepperKeyId: string;
  /** How long one operation may take in all, its attempts and the search for credentials included. */
  timeoutMs: number;
  proxy?: EgressProxy | undefined;
}

/** The longest message that KMS hashes itself. */
const MAX_RAW_BYTES = 4096;
const MAX_ATTEMPTS = 3;
const WRAPPED = /^aws_kms:v1:([A-Za-z0-9+/]+={0,2})$/;

/**
 * Keys in AWS KMS, which never leave it. Credentials come by the SDK's default chain (environment, files, the
 * instance's role). Reads the signing key's public part and the pepper key's ARN once; rejects with `AwsKmsError`
 * when it cannot. Needs the permissions of the seven commands above.
 */
export async function openAwsKms(options: AwsKmsOptions): Promise<KeyProvider> {
  const { region, endpoint, signingKeyId, wrappingKeyId, pepperKeyId, timeoutMs } = options;
  const client = new KMSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      ...agentsVia(options),
    },
  });
  const timedOut = () => new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError');
  const call = <T>(operation: string, send: (how: { abortSignal: AbortSignal }) => Promise<T>) =>
    // Its deadline ends also what listens to no signal, such as a search for credentials.
    callWithin((abortSignal) => send({ abortSignal }), timeoutMs, timedOut).catch((error: unknown) => {
      throw awsKmsError(operation, error);
    });

  const { PublicKey: der } = await call('GetPublicKey', (how) =>
    client.send(new GetPublicKeyCommand({ KeyId: signingKeyId }), how),
  );
  const key = Buffer.from(present('GetPublicKey', der));
  const signingKey = signingJwk(createPublicKey({ key, format: 'der', type: 'spki' }));

  const describeKey = async (keyId: string) => {
    const command = new DescribeKeyCommand({ KeyId: keyId });
    const { KeyMetadata } = await call('DescribeKey', (how) => client.send(command, how));
    return present('DescribeKey', KeyMetadata);
  };
  // The ARN says which key it is; an alias may name another one tomorrow.
  const pepperKeyArn = present('DescribeKey', (await describeKey(pepperKeyId)).Arn);

  return {
    name: 'aws_kms',
    signingKey,
    async sign(input) {
      const isRaw = input.length <= MAX_RAW_BYTES;
      const command = new SignCommand({
        KeyId: signingKeyId,
        SigningAlgorithm: 'RSASSA_PSS_SHA_256',
        MessageType: isRaw ? 'RAW' : 'DIGEST',
        Message: isRaw ? input : createHash('sha256').update(input).digest(),
      });
      const { Signature } = await call('Sign', (how) => client.send(command, how));
      return present('Sign', Signature);
    },
    async wrap(plaintext) {
      const command = new EncryptCommand({ KeyId: wrappingKeyId, Plaintext: plaintext });
      const { CiphertextBlob } = await call('Encrypt', (how) => client.send(command, how));
      return `aws_kms:v1:${Buffer.from(present('Encrypt', CiphertextBlob)).toString('base64')}`;
    },
    async unwrap(wrapped) {
      const text = WRAPPED.exec(wrapped)?.[1];
      if (!text) throw new Error('not a key that AWS KMS wrapped');
      const command = new DecryptCommand({
        KeyId: wrappingKeyId,
        CiphertextBlob: Buffer.from(text, 'base64'),
      });
      const { Plaintext } = await call('Decrypt', (how) => client.send(command, how));
      return present('Decrypt', Plaintext);
    },
    async mac(label) {
      const command = new GenerateMacCommand({
        KeyId: pepperKeyArn,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: Buffer.from(label),
      });
      const { Mac } = await call('GenerateMac', (how) => client.send(command, how));
      return { keyId: pepperKeyArn, mac: Buffer.from(present('GenerateMac', Mac)) };
    },
    async check() {
      const checks = [signingKeyId, wrappingKeyId, pepperKeyArn].map(async (keyId) => {
        const { KeyState = 'unknown' } = await describeKey(keyId);
        if (KeyState === 'Enabled') return;
        throw new AwsKmsError({ operation: 'DescribeKey', code: `KeyState_${KeyState}`, status: 200 });
      });
      await Promise.all(checks);
    },
  };
}

/** Of what the SDK takes by itself. Its search for credentials uses them too, but for the instance's own addresses. */
function agentsVia(options: AwsKmsOptions) {
  if (!options.proxy) return {};
  const agentOptions = { keepAlive: true, maxSockets: 50 };
  return {
    httpAgent: viaProxy(new http.Agent(agentOptions), options),
    httpsAgent: viaProxy(new https.Agent(agentOptions), options),
  };
}

function present<T>(operation: string, value: T | undefined): T {
  if (value === undefined) throw new AwsKmsError({ operation, code: 'IncompleteAnswer', status: 200 });
  return value;
}
