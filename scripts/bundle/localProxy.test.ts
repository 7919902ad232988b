import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { locateBundle } from './bundleDir.ts';
import { initBundle } from './initBundle.ts';

const newRoot = () => {
  const root = mkdtempSync(join(tmpdir(), 'origin-local-proxy-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
};

test.each(['127.0.0.1', '127.0.0.0/8', '::1'])(
  'a proxy on this host, %s, is believed as the engine shows it',
  async (proxy) => {
    const root = newRoot();
    await initBundle(locateBundle(root), { trustedProxies: `192.0.2.0/24,${proxy}`, subnet: '10.213.7' });
    const conf = readFileSync(join(root, 'secrets/nginx/site.conf'), 'utf8');
    expect(conf.match(/^set_real_ip_from .*$/gm)).toEqual([
      'set_real_ip_from 192.0.2.0/24;',
      'set_real_ip_from 10.213.7.193;',
    ]);
  },
);

test('it is refused where others reach the bundle too, whichever of the two comes last', async () => {
  const refused = { name: 'UsageError', next: expect.stringContaining('--bind 127.0.0.1') };
  const choices = { trustedProxies: '127.0.0.1', bind: '0.0.0.0' };
  await expect(initBundle(locateBundle(newRoot()), choices)).rejects.toMatchObject(refused);
  const dir = locateBundle(newRoot());
  await initBundle(dir, { trustedProxies: '127.0.0.1' });
  await expect(initBundle(dir, { bind: '0.0.0.0' })).rejects.toMatchObject(refused);
});
