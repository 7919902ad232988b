import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Client } from 'minio';
import type { Clock, ObjectStore } from '../../domain/ports.ts';
import type { EgressProxy } from '../egressProxy/egressProxy.ts';
import { viaProxy } from '../egressProxy/viaProxy.ts';
import { withoutBrackets } from '../hosts.ts';
import type { TlsIdentity } from '../tlsIdentity.ts';
import { tlsAgent } from '../tlsOptions.ts';
import { attachmentHeader } from './attachmentHeader.ts';
import { checkTtlSeconds } from './checkTtlSeconds.ts';
import { deadlineTransport } from './deadlineTransport.ts';
import { objectKeyParts } from './objectKey.ts';
import { ObjectStoreError } from './objectStoreError.ts';
import { s3Error } from './s3Error.ts';

export interface S3ObjectsOptions {
  /** `http(s)://host[:port]` as the service reaches the store. */
  endpoint: string;
  /** `http(s)://host[:port]` as those who download reach it; the host is part of what is signed. */
  publicUrl: string;
  region: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  /** How long one request may take in all. */
  timeoutMs: number;
  clock: Clock;
  /** Whose authority signs the endpoint, unless a public one does, and who we are to it. */
  tls?: TlsIdentity | undefined;
  proxy?: EgressProxy | undefined;
}

export interface S3Objects extends ObjectStore {
  /** Makes the bucket where it is not there yet. */
  ensureBucket(): Promise<void>;
}

/**
 * Objects in anything that speaks S3, with path-style addresses. Nothing is retried: whoever calls has a
 * breaker and a job that does. Rejects with `ObjectStoreError`; throws one for an address with a path.
 */
export function openS3Objects(options: S3ObjectsOptions): S3Objects {
  const { bucket, clock, region } = options;
  const client = makeClient(options, options.endpoint);
  // Never connects: with the region set, signing is arithmetic.
  const publicClient = makeClient(options, options.publicUrl);
  const bucketExists = () => during('check', () => client.bucketExists(bucket));
  return {
    name: 's3',
    async put({ key, bytes, contentType }) {
      objectKeyParts(key);
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const headers = { 'Content-Type': contentType };
      await during(`put ${key}`, () => client.putObject(bucket, key, body, body.length, headers));
    },
    async get(key) {
      objectKeyParts(key);
      return during(`get ${key}`, async () => buffer(await client.getObject(bucket, key)));
    },
    async remove(keys) {
      for (const key of keys) objectKeyParts(key);
      if (keys.length === 0) return;
      const problems = await during('remove', () => client.removeObjects(bucket, keys));
      const problem = problems.find((one) => one?.Error)?.Error;
      if (problem) throw s3Error('remove', { code: problem.Code });
    },
    async presign({ key, fileName, ttlSeconds }) {
      objectKeyParts(key);
      checkTtlSeconds(ttlSeconds);
      const headers = { 'response-content-disposition': attachmentHeader(fileName) };
      const signedAt = new Date(clock.epochMs());
      return publicClient.presignedGetObject(bucket, key, ttlSeconds, headers, signedAt);
    },
    async check() {
      if (await bucketExists()) return;
      throw new ObjectStoreError('missing', `s3 objects: the bucket ${bucket} is not there`);
    },
    async ensureBucket() {
      if (await bucketExists()) return;
      try {
        await during('make bucket', () => client.makeBucket(bucket, region));
      } catch (error) {
        // Two processes may start at once.
        if (!(await bucketExists())) throw error;
      }
    },
  };
}

const AGENT_OPTIONS = { keepAlive: true, maxSockets: 32 };

const httpsAgent = (tls: TlsIdentity | undefined) =>
  tls ? tlsAgent(tls, { ...AGENT_OPTIONS, publicToo: true }) : new https.Agent(AGENT_OPTIONS);

/** The client names an IPv6 address without brackets in the header, and so in presigned URLs, at the scheme's own port. */
class AddressedClient extends Client {
  protected override getRequestOptions(options: Parameters<Client['getRequestOptions']>[0]) {
    const request = super.getRequestOptions(options);
    const { host } = request.headers;
    if (typeof host === 'string' && isIP(host) === 6) request.headers.host = `[${host}]`;
    return request;
  }
}

function makeClient(options: S3ObjectsOptions, address: string): Client {
  const url = URL.parse(address);
  const isPlain = url?.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
  if (!url || !['http:', 'https:'].includes(url.protocol) || !isPlain) {
    throw new ObjectStoreError('invalid', 's3 objects: an address must be http(s)://host[:port] and no more');
  }
  const isTls = url.protocol === 'https:';
  return new AddressedClient({
    endPoint: withoutBrackets(url.hostname),
    ...(url.port ? { port: Number(url.port) } : {}),
    useSSL: isTls,
    region: options.region,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    transport: deadlineTransport(url.protocol, options.timeoutMs),
    transportAgent: viaProxy(isTls ? httpsAgent(options.tls) : new http.Agent(AGENT_OPTIONS), options),
    retryOptions: { disableRetry: true },
  });
}

async function during<T>(operation: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw s3Error(operation, error);
  }
}
