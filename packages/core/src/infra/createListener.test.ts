import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { eventually } from '@origin-stack/testkit/eventually';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createListener } from './createListener.ts';
import { createLog } from './log.ts';
import { openTlsIdentity, type TlsIdentity } from './tlsIdentity.ts';

const log = createLog({ service: 'test', level: 'silent' });
let authority: TestAuthority;
let stranger: TestAuthority;
let identity: TlsIdentity;
let server: http.Server;
let port: number;
let requests: string[];
type Pem = { ca: string; cert?: string; key?: string };

async function pemOf(of: TestAuthority, name: string): Promise<Pem> {
  const files = await of.issue(name);
  const [cert, key] = await Promise.all([files.cert, files.key].map((file) => readFile(file, 'utf8')));
  // The server is believed in any case: it is the client that is judged here.
  return { ca: await readFile(authority.ca, 'utf8'), cert: cert!, key: key! };
}

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createTestAuthority(), createTestAuthority()]);
});
afterAll(() => Promise.all([authority.remove(), stranger.remove()]));

async function start(clientNames?: string[]): Promise<void> {
  const { ca, cert, key } = await authority.issue('server');
  const paths = { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_EXTRA_CA_FILE: undefined };
  identity = (await openTlsIdentity(paths, { log, lookEveryMs: 20 }))!;
  requests = [];
  const options = { tls: identity, log, ...(clientNames ? { clientNames } : {}) };
  server = createListener(options, (request, response) => {
    requests.push(request.url ?? '');
    response.end('answered');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}
afterEach(async () => {
  identity.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function get(pem: Pem, more: https.RequestOptions = {}): Promise<{ status?: number; serial: string }> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      { host: 'localhost', port, path: '/x', agent: false, ...pem, ...more },
      (response) => {
        const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
        response.resume().on('end', () => resolve({ status: response.statusCode!, serial }));
      },
    );
    request.on('error', reject);
  });
}

describe('a listener under mutual TLS', () => {
  test('answers a client whose certificate its authority signed', async () => {
    await start();
    expect((await get(await pemOf(authority, 'prometheus'))).status).toBe(200);
  });

  test('refuses a client without a certificate, and one of another authority', async () => {
    await start();
    const { ca } = await pemOf(authority, 'nobody');
    await expect(get({ ca })).rejects.toThrow();
    await expect(get(await pemOf(stranger, 'prometheus'))).rejects.toThrow();
    expect(requests).toEqual([]);
  });

  test('refuses a request in the clear', async () => {
    await start();
    await expect(fetch(`http://127.0.0.1:${port}/x`)).rejects.toThrow();
  });

  test('refuses TLS 1.1', async () => {
    await start();
    const pem = await pemOf(authority, 'nginx');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(get(pem, old)).rejects.toThrow(/alert protocol version/);
  });

  test('that lists names admits them alone, and hands no request of another on', async () => {
    await start(['nginx']);
    expect((await get(await pemOf(authority, 'nginx'))).status).toBe(200);
    await expect(get(await pemOf(authority, 'worker'))).rejects.toThrow();
    await expect(get(await pemOf(authority, 'nginx.evil'))).rejects.toThrow();
    expect(requests).toHaveLength(1);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'knows the name also in a resumed session of %s',
    async (version) => {
      await start(['nginx']);
      for (const [name, isAdmitted] of [
        ['nginx', true],
        ['worker', false],
      ] as const) {
        const pem = await pemOf(authority, name);
        const session = await exchange({ ...pem, version });
        const again = await exchange({ ...pem, version, session: session.session });
        expect([session.text, again.text].map((text) => text.includes('answered'))).toEqual([
          isAdmitted,
          isAdmitted,
        ]);
        if (isAdmitted) expect(again.isReused).toBe(true);
      }
    },
  );

  test('serves a renewed certificate to new connections, and the old ones go on', async () => {
    await start();
    const pem = await pemOf(authority, 'nginx');
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ...pem });
    const before = await get(pem, { agent });
    await authority.issue('server');
    await eventually(async () => (await get(pem)).serial !== before.serial);
    expect((await get(pem, { agent })).serial).toBe(before.serial);
    agent.destroy();
  });
});

type Resumable = Pem & { version: 'TLSv1.2' | 'TLSv1.3'; session?: Buffer | undefined };

/** One request on a connection of its own, and the session that another may resume. */
async function exchange({ version, ...options }: Resumable) {
  const socket = connect({ host: 'localhost', port, minVersion: version, maxVersion: version, ...options });
  let session: Buffer | undefined;
  let text = '';
  let isReused = false;
  socket.on('secureConnect', () => {
    isReused = socket.isSessionReused();
  });
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.on('data', (data) => {
    text += data;
  });
  socket.on('error', () => {});
  socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  return { session, text, isReused };
}
