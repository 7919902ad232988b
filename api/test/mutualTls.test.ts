import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { createLog } from '@origin-stack/core/infra/log';
import { openTlsIdentity, type TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../src/app.ts';
import { type Listener, listen } from '../src/http/listen.ts';
import { startTestApi, type TestApi } from './startTestApi.ts';

let api: TestApi;
let authority: TestAuthority;
let tls: TlsIdentity;
let listener: Listener;
beforeAll(async () => {
  [api, authority] = await Promise.all([
    startTestApi({ settings: { TRUSTED_PROXIES: '127.0.0.0/8' } }),
    createTestAuthority(),
  ]);
  const { ca, cert, key } = await authority.issue('origin_api');
  const files = { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_EXTRA_CA_FILE: undefined };
  tls = (await openTlsIdentity(files, { log: createLog({ service: 'test', level: 'silent' }) }))!;
  const deps = { ...api.deps, tls };
  const place = { name: 'API_PORT', host: '127.0.0.1', port: 0 };
  listener = await listen(buildApp(deps), { deps, ...place, clientNames: ['nginx'] });
});
afterAll(async () => {
  await listener?.close();
  tls?.close();
  await authority?.remove();
  await api?.close();
});

async function ask(name: string, headers: Record<string, string>) {
  const files = await authority.issue(name);
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file)));
  const options = {
    host: 'localhost',
    port: listener.port,
    path: '/v1/whoami',
    ca,
    cert,
    key,
    headers,
    agent: false,
  };
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const request = https.get(options, async (response) => {
        const body = (await response.toArray()).join('');
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
      request.on('error', reject);
    },
  );
}

describe('the public listener under mutual TLS', () => {
  test('answers the proxy, gives a request id of its own, and says each security header once', async () => {
    const authorization = `Bearer ${api.tenant.key.keyValue}`;
    const reply = await ask('nginx', {
      authorization,
      'x-request-id': 'given',
      'x-forwarded-for': '192.0.2.7',
    });
    expect(reply.status).toBe(200);
    expect(reply.headers['x-request-id']).not.toBe('given');
    for (const name of ['strict-transport-security', 'content-security-policy', 'x-content-type-options']) {
      expect(String(reply.headers[name])).not.toContain(', ');
      expect(reply.headers[name]).toBeDefined();
    }
  });

  test('answers no other service of the installation, whatever key it has', async () => {
    const authorization = `Bearer ${api.tenant.key.keyValue}`;
    await expect(ask('origin_worker', { authorization })).rejects.toThrow();
  });

  test('answers what is not HTTP with a problem, as it does in the clear', async () => {
    const reply = await ask('nginx', { 'x-large': 'x'.repeat(17_000) });
    expect(reply).toMatchObject({ status: 431 });
    expect(JSON.parse(reply.body)).toMatchObject({ error: 'headers_too_large' });
  });
});
