import { expect, it } from 'vitest';
import { selfSigned } from '../certificates.ts';
import { mustDocker } from '../compose.ts';
import { tryByNginx } from '../tryCertificate.ts';
import { makeByOpenssl } from './makeByOpenssl.ts';
import { theBundle } from './theBundle.ts';

const NAME = 'one.example';
const trials = async () => (await mustDocker(['ps', '--all', '--filter', 'name=-trial-', '--quiet'])).trim();

it('nginx tries a certificate beside what runs: what it refuses, and what no client can use, is told', async () => {
  const { settings } = await theBundle();
  const good = await selfSigned(NAME, 9);
  await tryByNginx(settings, good);
  const glued = { ...good, certificate: good.certificate.trimEnd() + good.certificate };
  await expect(tryByNginx(settings, glued)).rejects.toMatchObject({
    why: expect.stringMatching(/^nginx refuses it: .*bad end line/s),
  });
  await expect(tryByNginx(settings, await makeByOpenssl(NAME, 'ec:secp256k1'))).rejects.toMatchObject({
    why: expect.stringMatching(/cannot connect: .*handshake failure/),
  });
  expect(await trials()).toBe('');
});
