import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { publicAddress } from './bundleClient.ts';
import { locateBundle } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { selfSigned } from './certificates.ts';
import { publicFetch } from './publicClient.ts';

const OVER = -1 / 48;

/** A listener with a certificate, and how this host reaches it by what lies in the operator's folder. */
async function listen(days: number) {
  const pair = await selfSigned('localhost', days);
  const server = createServer({ cert: pair.certificate, key: pair.key }, (_, reply) => reply.end('well'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const root = mkdtempSync(join(tmpdir(), 'origin-public-'));
  onTestFinished(() => {
    server.close();
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, 'secrets', 'operator'), { recursive: true });
  writeFileSync(join(root, 'secrets', 'operator', 'public.crt'), pair.certificate);
  const { port } = server.address() as AddressInfo;
  const url = `https://localhost:${port}`;
  const settings = {
    ORIGIN_BIND: '127.0.0.1',
    ORIGIN_PUBLIC_URL: url,
    ORIGIN_HTTPS_PORT: String(port),
  } as unknown as BundleSettings;
  return { url, address: publicAddress(locateBundle(root), settings), certificate: pair.certificate };
}

test.each([['in time', 9] as const, ['that is over', OVER] as const])(
  'this host reaches its own bundle by a certificate %s',
  async (_, days) => {
    const { url, address } = await listen(days);
    expect(await (await publicFetch(address)(url)).text()).toBe('well');
  },
);

test.each([['in time', 9] as const, ['that is over', OVER] as const])(
  'by the port that is published where a balancer has the port of the URL, by a certificate %s',
  async (_, days) => {
    const { address } = await listen(days);
    const url = 'https://localhost';
    expect(await (await publicFetch({ ...address, url })(`${url}/x`)).text()).toBe('well');
  },
);

test('a certificate that is over is believed where it is our own, and no other', async () => {
  const { url, address } = await listen(OVER);
  const { expired: _, ...believing } = address;
  const others = new X509Certificate((await selfSigned('localhost', OVER)).certificate).fingerprint256;
  for (const wanted of [believing, { ...address, expired: others }]) {
    const refused = await publicFetch(wanted)(url).catch((error) => error);
    expect(refused.cause).toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  }
});
