import { once } from 'node:events';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { eventually } from '@origin-stack/testkit/eventually';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createListener } from './createListener.ts';
import { createLog } from './log.ts';
import { openS3Objects } from './objects/s3Objects.ts';
import { systemClock } from './systemClock.ts';
import { openTlsIdentity, type TlsIdentity } from './tlsIdentity.ts';
import { tlsAgent } from './tlsOptions.ts';

const log = createLog({ service: 'test', level: 'silent' });
const opened: TlsIdentity[] = [];
let authority: TestAuthority;
let server: http.Server;
let port: number;
/** Of each request: the serial number of the client's certificate, and which connection it came on. */
let seen: { serial: string; socket: unknown }[] = [];

async function identityOf(name: string, hosts?: string[]): Promise<TlsIdentity> {
  const { cert, key } = await authority.issue(name, hosts ? { hosts } : {});
  const files = {
    TLS_CERT_FILE: cert,
    TLS_KEY_FILE: key,
    TLS_CA_FILE: authority.ca,
    TLS_EXTRA_CA_FILE: undefined,
  };
  const identity = (await openTlsIdentity(files, { log, lookEveryMs: 20 }))!;
  opened.push(identity);
  return identity;
}

beforeAll(async () => {
  authority = await createTestAuthority();
  server = createListener(
    { tls: await identityOf('s3-guard', ['DNS:localhost']), log },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      seen.push({ serial: socket.getPeerCertificate().serialNumber, socket });
      setTimeout(() => response.end(), request.url === '/slow' ? 300 : 0);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  for (const identity of opened) identity.close();
  await authority.remove();
});

function get(agent: https.Agent, path = '/', host = 'localhost'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = https.get({ host, port, path, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
  });
}

describe('an agent under an identity', () => {
  test('uses renewed files for new connections, while what is under way goes on', async () => {
    const identity = await identityOf('origin_api');
    const agent = tlsAgent(identity, { keepAlive: true });
    seen = [];
    await get(agent);
    const slow = get(agent, '/slow');
    const before = identity.current();
    await authority.issue('origin_api');
    await eventually(() => identity.current() !== before);
    await Promise.all([slow, get(agent, '/slow'), get(agent, '/slow')]);
    const serials = seen.map(({ serial }) => serial);
    expect(serials[1]).toBe(serials[0]);
    expect(seen[1]!.socket).toBe(seen[0]!.socket);
    expect(new Set(serials).size).toBe(2);
    agent.destroy();
  });

  test('refuses a server of another name and one of an authority that is not its own', async () => {
    const identity = await identityOf('origin_api');
    const agent = tlsAgent(identity, {});
    await expect(get(agent, '/', '127.0.0.1')).rejects.toThrow(/altnames/);
    const stranger = await createTestAuthority();
    const files = await stranger.issue('stranger');
    const paths = { TLS_CA_FILE: stranger.ca, TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key };
    const foreign = await openTlsIdentity({ ...paths, TLS_EXTRA_CA_FILE: undefined }, { log });
    opened.push(foreign!);
    await expect(get(tlsAgent(foreign!, {}))).rejects.toThrow(/certificate/);
    await stranger.remove();
  });
});

test('S3 behind a guard that demands a certificate is reached under the identity, and not without', async () => {
  const endpoint = `https://localhost:${port}`;
  const options = {
    endpoint,
    publicUrl: 'https://origin.example.org',
    region: 'us-east-1',
    bucket: 'evidence',
    accessKey: 'access-key',
    secretKey: 'secret-of-nobody',
    timeoutMs: 5_000,
    clock: systemClock,
  };
  await openS3Objects({ ...options, tls: await identityOf('origin_api') }).check();
  await expect(openS3Objects(options).check()).rejects.toMatchObject({ reason: 'unavailable' });
});
