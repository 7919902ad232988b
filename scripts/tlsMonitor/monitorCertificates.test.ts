import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDENTITIES } from '../bundle/identities.ts';
import { type Monitored, monitorCertificates } from './monitorCertificates.ts';
import { type BundleOnDisk, bundleOnDisk } from './test/bundleOnDisk.ts';
import { type MadeCertificate, makeCertificate } from './test/makeCertificate.ts';
import { parseExposition } from './test/parseExposition.ts';
import { isBad, statusOf, type Watched } from './watched.ts';

const isRoot = process.getuid?.() === 0;
let bundle: BundleOnDisk;

const monitor = (metricsFile?: string): Promise<Monitored> =>
  monitorCertificates(bundle.dir, {
    metricsFile,
    progress: { note: () => {} },
    signal: AbortSignal.timeout(30_000),
  });
const pathOf = ({ path }: Watched) => path.replace(`${bundle.dir.secrets}/`, '');
/** What is not well: its file, its status and each problem. */
const problemsOf = ({ certificates }: Monitored) =>
  certificates
    .filter((watched) => watched.problems.length > 0)
    .map((watched) => [pathOf(watched), statusOf(watched), ...watched.problems.map(({ what }) => what)]);
const fixesOf = ({ certificates }: Monitored) =>
  certificates.flatMap(({ problems }) => problems.map(({ next }) => next));

describe.skipIf(!isRoot)(`the certificates on the disk${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  beforeAll(async () => {
    bundle = await bundleOnDisk();
  });
  afterAll(() => bundle.remove());
  beforeEach(async () => {
    // No engine answers: these are the files alone.
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere.sock');
    await bundle.reset();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('of a new bundle are well, each with its metrics, and it is said that nobody was asked', async () => {
    const file = join(bundle.dir.textfile, 'certificates.prom');
    const { certificates, notAsked } = await monitor(file);
    expect(notAsked).toBe('no Docker engine answers this user');
    const identities = IDENTITIES.map(({ name }) => `${name}/tls.crt`);
    expect(certificates.map(pathOf)).toEqual(['nginx/public.crt', 'ca/ca.crt', ...identities]);
    expect(certificates.filter((one) => statusOf(one) !== 'ok')).toEqual([]);
    expect(certificates[0]?.note).toContain('self-signed');
    const samples = parseExposition(await readFile(file, 'utf8'));
    for (const name of ['expiry_seconds', 'not_before_seconds', 'days_until_expiry', 'status']) {
      const found = samples.filter((sample) => sample.name === `nginx_ssl_certificate_${name}`);
      expect(found.map(({ labels }) => labels.path)).toEqual(certificates.map(({ path }) => path));
    }
    const { labels, value } = samples.find(({ labels: { path } }) => path?.endsWith('redis/tls.crt')) ?? {};
    expect(labels).toMatchObject({ cn: 'redis', issuer: 'Origin Stack internal CA' });
    expect(Math.round(((value ?? 0) * 1_000 - Date.now()) / 86_400_000)).toBe(365);
  });

  const RENEW = './stack renew-certs';
  const BRING = './stack up --cert CHAIN --key KEY';

  it.each<{ what: string; sabotage: () => Promise<unknown>; found: unknown[]; fix: string }>([
    {
      what: 'is over',
      async sabotage() {
        await bundle.put(
          'redis/tls',
          await makeCertificate({ ...(await ofAuthority('redis')), from: -9, to: -0.01 }),
        );
      },
      found: ['redis/tls.crt', 'expired', expect.stringMatching(/^it expired at 20\d\d-/)],
      fix: RENEW,
    },
    {
      what: 'begins later',
      async sabotage() {
        await bundle.put(
          'redis/tls',
          await makeCertificate({ ...(await ofAuthority('redis')), from: 0.1, to: 9 }),
        );
      },
      found: ['redis/tls.crt', 'critical', expect.stringMatching(/^it is not valid before /)],
      fix: RENEW,
    },
    {
      what: 'has the key of another',
      sabotage: () => cp(bundle.at('vault/tls.key'), bundle.at('redis/tls.key')),
      found: ['redis/tls.crt', 'critical', 'its key is of another certificate'],
      fix: RENEW,
    },
    {
      what: 'has no key',
      sabotage: () => rm(bundle.at('redis/tls.key')),
      found: ['redis/tls.crt', 'critical', 'its key is not there'],
      fix: RENEW,
    },
    {
      what: 'has half a key',
      sabotage: () => writeFile(bundle.at('redis/tls.key'), '-----BEGIN PRIVATE KEY-----\nMIG\n'),
      found: ['redis/tls.crt', 'critical', 'its key is no private key in PEM that can be read'],
      fix: RENEW,
    },
    {
      what: 'is cut off',
      sabotage: async () =>
        writeFile(bundle.at('redis/tls.crt'), (await readFile(bundle.at('redis/tls.crt'))).subarray(0, 300)),
      found: ['redis/tls.crt', 'unreadable', 'it holds no certificates in PEM that can be read'],
      fix: RENEW,
    },
    {
      what: 'is empty',
      sabotage: () => writeFile(bundle.at('redis/tls.crt'), ''),
      found: ['redis/tls.crt', 'unreadable', 'it holds no certificates in PEM that can be read'],
      fix: RENEW,
    },
    {
      what: 'is missing',
      sabotage: () => rm(bundle.at('redis/tls.crt')),
      found: ['redis/tls.crt', 'unreadable', 'it is not there'],
      fix: RENEW,
    },
    {
      what: 'is a folder',
      async sabotage() {
        await rm(bundle.at('redis/tls.crt'));
        await mkdir(bundle.at('redis/tls.crt'));
      },
      found: ['redis/tls.crt', 'unreadable', 'it is no file of that kind'],
      fix: RENEW,
    },
    {
      what: 'is of an authority that only has the name',
      async sabotage() {
        const stranger = await makeCertificate({ name: 'Origin Stack internal CA', isAuthority: true });
        await bundle.put(
          'redis/tls',
          await makeCertificate({ name: 'redis', hosts: ['redis'], issuer: stranger }),
        );
      },
      found: ['redis/tls.crt', 'critical', 'it is not by the internal authority'],
      fix: RENEW,
    },
    {
      what: 'has the name of another service',
      async sabotage() {
        await bundle.put('redis/tls', await makeCertificate(await ofAuthority('vault')));
      },
      found: ['redis/tls.crt', 'critical', 'it names CN=vault, not CN=redis'],
      fix: RENEW,
    },
    {
      what: 'of the public listener has another name',
      sabotage: async () =>
        bundle.put('nginx/public', await makeCertificate({ name: 'other', hosts: ['other.example'] })),
      found: ['nginx/public.crt', 'critical', 'it names other, and not origin.example'],
      fix: BRING,
    },
    {
      what: 'of the public listener comes without the authority between it and the root',
      async sabotage() {
        const { leaf } = await publicChain();
        await bundle.put('nginx/public', leaf);
      },
      found: [
        'nginx/public.crt',
        'critical',
        expect.stringMatching(/^its chain ends with origin\.example; middle, who/),
      ],
      fix: BRING,
    },
    {
      what: 'of the public listener is followed by a stranger',
      async sabotage() {
        const { leaf, root } = await publicChain();
        await bundle.put('nginx/public', leaf, root);
      },
      found: [
        'nginx/public.crt',
        'critical',
        'its chain is broken: origin.example is not signed by root, which follows it',
      ],
      fix: BRING,
    },
    {
      what: 'between the public one and the root is nearly over',
      async sabotage() {
        const { leaf, middle, root } = await publicChain({ from: -300, to: 3 });
        await bundle.put('nginx/public', leaf, middle, root);
      },
      found: ['nginx/public.crt', 'critical', expect.stringMatching(/^it ends at /)],
      fix: BRING,
    },
    {
      what: 'of the internal authority has another key',
      sabotage: () => cp(bundle.at('vault/tls.key'), bundle.at('ca/ca.key')),
      found: ['ca/ca.crt', 'critical', 'its key is of another certificate'],
      fix: 'restore secrets/ca from a backup',
    },
  ])('that $what is named with what to type, and the others stay well', async ({ sabotage, found, fix }) => {
    await sabotage();
    const monitored = await monitor();
    expect(problemsOf(monitored)).toEqual([found]);
    expect(fixesOf(monitored)).toEqual([expect.stringContaining(fix)]);
    expect(monitored.certificates.filter(isBad)).toHaveLength(1);
  });

  it('that has a third of its life left, or 30 days, is a warning and no failure', async () => {
    const wish = { name: 'origin.example', hosts: ['origin.example'] };
    await bundle.put('nginx/public', await makeCertificate({ ...wish, from: -100, to: 29 }));
    const monitored = await monitor();
    expect(problemsOf(monitored)).toEqual([
      ['nginx/public.crt', 'warning', expect.stringMatching(/^it ends at /)],
    ]);
    expect(monitored.certificates.some(isBad)).toBe(false);
  });

  it('that lives for six days raises nothing in its first days', async () => {
    const wish = { name: 'origin.example', hosts: ['origin.example'] };
    await bundle.put('nginx/public', await makeCertificate({ ...wish, from: -3, to: 3 }));
    expect(problemsOf(await monitor())).toEqual([]);
  });

  it('with two authorities of one name in a chain gives metrics that hold each series once', async () => {
    const { leaf, middle, root } = await publicChain();
    await bundle.put('nginx/public', leaf, middle, root, root);
    const file = join(bundle.dir.textfile, 'certificates.prom');
    await monitor(file);
    const samples = parseExposition(await readFile(file, 'utf8'));
    const ofRoot = samples.filter(({ labels }) => labels.cn === 'root').map(({ name }) => name);
    expect(ofRoot).toHaveLength(4);
  });

  it('that cannot be read has status 3 and no time, and its row is there', async () => {
    await rm(bundle.at('redis/tls.crt'));
    const file = join(bundle.dir.textfile, 'certificates.prom');
    await monitor(file);
    const path = bundle.at('redis/tls.crt');
    const samples = parseExposition(await readFile(file, 'utf8')).filter(
      ({ labels }) => labels.path === path,
    );
    expect(samples).toEqual([
      { name: 'nginx_ssl_certificate_status', labels: { cn: '', issuer: '', path }, value: 3 },
    ]);
  });

  it('without their authority are judged without it, and that is said once', async () => {
    await writeFile(bundle.at('ca/ca.crt'), 'gone');
    expect(problemsOf(await monitor())).toEqual([
      ['ca/ca.crt', 'unreadable', 'it holds no certificates in PEM that can be read'],
    ]);
  });

  it('are not asked for where there is no bundle, or no way to write the metrics: nothing is changed', async () => {
    const file = join(bundle.dir.textfile, 'certificates.prom');
    await writeFile(file, 'old 1\n');
    await expect(monitor(join(bundle.dir.root, 'nowhere', 'x.prom'))).rejects.toMatchObject({ exitCode: 3 });
    await rm(bundle.dir.envFile);
    await expect(monitor(file)).rejects.toMatchObject({ exitCode: 3, next: './stack up' });
    expect(await readFile(file, 'utf8')).toBe('old 1\n');
  });

  it('can be looked at by three at once', async () => {
    const file = join(bundle.dir.textfile, 'certificates.prom');
    await Promise.all([monitor(file), monitor(file), monitor(file)]);
    expect(parseExposition(await readFile(file, 'utf8')).length).toBeGreaterThan(70);
  });

  async function ofAuthority(name: string) {
    return { name, hosts: [name, 'localhost'], issuer: await bundle.authority() };
  }

  /** For the public name: a leaf, the authority in between, whose end may be near, and the root. */
  async function publicChain({ from = -1, to = 300 } = {}) {
    const root = await makeCertificate({ name: 'root', isAuthority: true });
    const middle = await makeCertificate({ name: 'middle', isAuthority: true, issuer: root, from, to });
    const wish = { name: 'origin.example', hosts: ['origin.example'], issuer: middle };
    const leaf: MadeCertificate = await makeCertificate(wish);
    return { root, middle, leaf };
  }
});
