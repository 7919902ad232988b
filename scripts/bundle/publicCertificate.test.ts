import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { issue, type KeyPair, makeAuthority, selfSigned } from './certificates.ts';
import { lookAtPublicCertificate, openPublicCertificate } from './publicCertificate.ts';
import { makeByOpenssl } from './test/makeByOpenssl.ts';
import { treeOf } from './test/snapshot.ts';

const DAY_MS = 86_400_000;
const NAME = 'one.example';
const isRoot = process.getuid?.() === 0;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-certificate-'));
  for (const folder of ['nginx', 'operator']) await mkdir(join(root, folder));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** From now on it is so many days later. */
function later(days: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

async function byAuthority(name: string, days: number): Promise<KeyPair> {
  const authority = await makeAuthority('test', 3650);
  return await issue(authority, { commonName: name, names: [name], days });
}

const byOpenssl = (kind: string, extensions?: string[]) => makeByOpenssl(NAME, kind, extensions);

describe.skipIf(!isRoot)(
  `the public certificate${isRoot ? '' : ' (skipped: needs root, to give files away)'}`,
  () => {
    const tree = { root, operatorUid: 0 };
    beforeEach(() => {
      tree.root = root;
    });
    const open = (name: string, brought?: KeyPair) => openPublicCertificate(tree, { name, brought });
    const look = () => lookAtPublicCertificate(tree, { name: NAME });
    const served = () => readFile(join(root, 'nginx', 'public.crt'), 'utf8');

    it('of our own follows the public name, also to an address and back', async () => {
      const names = [NAME, 'two.example', '192.0.2.7', 'localhost'];
      const made: string[] = [];
      for (const name of names) {
        expect(await open(name)).toMatchObject({ isSelfSigned: true });
        made.push(await served());
      }
      expect(new Set(made).size).toBe(names.length);
      await open('localhost');
      expect(await served()).toBe(made.at(-1));
    });

    it.each([
      { days: 334, why: undefined },
      { days: 336, why: /^it ends on / },
      { days: 366, why: /^it expired on / },
    ])('of our own is made anew in time, and says why: after $days days $why', async ({ days, why }) => {
      expect(await open(NAME)).not.toHaveProperty('remade');
      const before = await served();
      later(days);
      const remade = why && expect.stringMatching(why);
      expect((await look()).remade).toEqual(remade);
      expect((await open(NAME)).remade).toEqual(remade);
      expect((await served()) !== before).toBe(why !== undefined);
      expect(await readFile(join(root, 'operator', 'public.crt'), 'utf8')).toBe(await served());
      expect(await readdir(join(root, 'nginx'))).toEqual(['public.crt', 'public.key']);
      expect(await open(NAME)).not.toHaveProperty('warning');
    });

    it.each([
      ['by an authority', byAuthority],
      ['that vouches for itself', selfSigned],
    ])('that somebody brought, %s, stays when it is over, with a warning', async (_, make) => {
      await open(NAME, await make(NAME, 9));
      const before = await treeOf(root);
      later(10);
      expect((await look()).files).toEqual([]);
      const opened = await open(NAME);
      expect(opened.warning).toMatch(/^it expired on .*: \.\/stack up --cert F --key F$/);
      expect(opened).not.toHaveProperty('remade');
      expect(await treeOf(root)).toEqual(before);
    });

    it.each<[string, () => Promise<KeyPair>]>([
      ['of RSA with 2,048 bits', () => byOpenssl('rsa:2048')],
      ['on P-384', () => byOpenssl('ec:secp384r1')],
      ['of Ed25519', () => byOpenssl('ed25519')],
      [
        'with line ends of another system',
        async () => {
          const pair = await byAuthority(NAME, 9);
          return { certificate: pair.certificate.replaceAll('\n', '\r\n'), key: pair.key };
        },
      ],
      [
        'with its chain and words between',
        async () => {
          const pair = await byAuthority(NAME, 9);
          const { certificate } = await makeAuthority('test', 9);
          return { ...pair, certificate: `${pair.certificate.trimEnd()}\nissuer: test\n${certificate}` };
        },
      ],
    ])('that somebody brings is served: one %s', async (_, make) => {
      const pair = await make();
      await open(NAME, pair);
      expect(await served()).toBe(pair.certificate);
    });

    it.each<[string, RegExp, (pair: KeyPair) => KeyPair | Promise<KeyPair>]>([
      ['of another name', /it names .*another\.example/, () => byAuthority('another.example', 9)],
      ['that is over', /it expired on/, () => byAuthority(NAME, -1 / 48)],
      [
        'with another key',
        /key belongs to another certificate/,
        async (pair) => ({ ...pair, key: (await selfSigned(NAME, 9)).key }),
      ],
      [
        'that is cut off',
        /no certificate in PEM/,
        (pair) => ({ ...pair, certificate: pair.certificate.slice(0, -99) }),
      ],
      [
        'whose authority is cut off',
        /no certificate in PEM/,
        (pair) => ({ ...pair, certificate: `${pair.certificate}\n${pair.certificate.slice(0, -99)}` }),
      ],
      [
        'with a key that is cut off',
        /no unencrypted private key/,
        (pair) => ({ ...pair, key: pair.key.slice(0, 99) }),
      ],
      ['that is none', /no certificate in PEM/, (pair) => ({ ...pair, certificate: 'a certificate' })],
      [
        'whose chain begins on the line where it ends',
        /no certificate in PEM/,
        (pair) => ({ ...pair, certificate: pair.certificate.trimEnd() + pair.certificate }),
      ],
      [
        'with a byte order mark, which OpenSSL does not skip',
        /no certificate in PEM/,
        (pair) => ({ ...pair, certificate: `\ufeff${pair.certificate}` }),
      ],
      ['of RSA with 1,024 bits', /key too small/, () => byOpenssl('rsa:1024')],
      [
        'on a curve that no client has',
        /TLSv1.2 cannot connect: .*handshake failure/,
        () => byOpenssl('ec:secp256k1'),
      ],
      ['with a name in CN alone', /no client looks at the common name/, () => byOpenssl('rsa:2048', [])],
      [
        'that is for clients',
        /INVALID_PURPOSE/,
        () => byOpenssl('rsa:2048', [`subjectAltName=DNS:${NAME}`, 'extendedKeyUsage=clientAuth']),
      ],
    ])('that somebody brings is refused, with nothing changed: one %s', async (_, why, spoil) => {
      await open(NAME);
      const before = await treeOf(root);
      const pair = await spoil(await byAuthority(NAME, 9));
      await expect(open(NAME, pair)).rejects.toMatchObject({
        exitCode: 3,
        why: expect.stringMatching(why),
        next: expect.stringContaining('--cert F --key F'),
      });
      expect(await treeOf(root)).toEqual(before);
    });
  },
);
