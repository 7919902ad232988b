import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inspected } from '../audit/inspected.ts';
import { locateBundle } from '../bundle/bundleDir.ts';
import { issue, type KeyPair, makeAuthority, selfSigned } from '../bundle/certificates.ts';
import { initBundle } from '../bundle/initBundle.ts';
import { changeKeys } from '../bundle/keys/changeKeys.ts';
import { LIST_FILE, LIST_HOLDERS, SERVICE_KEYS } from '../bundle/keys/serviceKeys.ts';
import { renewPairs } from '../bundle/renewPairs.ts';
import { examine } from './examine.ts';
import { doctorChecks } from './registry.ts';
import { contextOf, goodSettings, issuesOf } from './test/contextOf.ts';

const DAY_MS = 86_400_000;
const isRoot = process.getuid?.() === 0;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const whatOf = async (name: string, ...given: Parameters<typeof contextOf>) =>
  (await issuesOf(name, contextOf(...given))).map(({ what }) => what);

/** What `doctor --fix` makes of one check. */
async function fixed(name: string) {
  const check = doctorChecks.filter((one) => one.name === name);
  const [finding] = await examine(check, contextOf(root), { fix: true });
  return finding?.issues.map(({ fixed: isFixed }) => isFixed === true);
}

describe.skipIf(!isRoot)(`the checks of a bundle's files${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  const secret = (path: string) => join(root, 'secrets', path);
  const read = (path: string) => readFile(secret(path), 'utf8');
  const lastDay = async (path: string) =>
    new X509Certificate(await read(path)).validToDate.toISOString().slice(0, 10);
  const put = async (folder: string, pair: KeyPair, name = 'tls') => {
    await writeFile(secret(`${folder}/${name}.crt`), pair.certificate);
    await writeFile(secret(`${folder}/${name}.key`), pair.key);
  };

  beforeEach(() => initBundle(locateBundle(root), {}));

  it('secrets finds a wrong owner and a wrong mode, and --fix sets both right', async () => {
    await chmod(secret('vault/seal-key'), 0o444);
    await chmod(secret('redis'), 0o755);
    expect(await whatOf('secrets', root)).toHaveLength(2);
    expect(await fixed('secrets')).toEqual([true, true]);
    expect((await stat(secret('vault/seal-key'))).mode & 0o777).toBe(0o400);
    expect(await whatOf('secrets', root)).toEqual([]);
  });

  it('secrets finds a missing one, which --fix does not invent', async () => {
    await rename(secret('api/redis-url'), secret('api-redis-url'));
    expect(await whatOf('secrets', root)).toEqual(['secrets/api/redis-url: it is missing']);
    expect(await fixed('secrets')).toEqual([false]);
    await rename(secret('api-redis-url'), secret('api/redis-url'));
    expect(await whatOf('secrets', root)).toEqual([]);
  });

  it('service-keys finds one that nobody listed, which --fix does, and a rotation that was cut short', async () => {
    const dir = locateBundle(root);
    for (const holder of LIST_HOLDERS) await writeFile(secret(`${holder}/${LIST_FILE}`), '[]\n');
    expect(await whatOf('service-keys', root)).toHaveLength(SERVICE_KEYS.length);
    expect(await fixed('service-keys')).toEqual(SERVICE_KEYS.map(() => true));
    expect(await whatOf('service-keys', root)).toEqual([]);

    await changeKeys(dir, 'stage', ['cron']);
    expect(await issuesOf('service-keys', contextOf(root))).toMatchObject([
      { severity: 'warning', fix: './stack rotate-api-key --service cron --force' },
    ]);
    await changeKeys(dir, 'undo');
    expect(await whatOf('service-keys', root)).toEqual([]);
  });

  it('init finds settings that were never written, and --fix goes on without changing a secret', async () => {
    const before = await stat(secret('vault/seal-key'));
    await rm(locateBundle(root).envFile);
    const [found] = await issuesOf('init', contextOf(root, { settings: undefined }));
    expect(found?.what).toMatch(/secrets of 17 services are there, and no settings/);
    await found?.mend?.();
    expect((await stat(locateBundle(root).envFile)).size).toBeGreaterThan(0);
    expect((await stat(secret('vault/seal-key'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('init refuses to make new secrets beside settings that had others', async () => {
    await rm(join(root, 'secrets'), { recursive: true });
    const [found] = await issuesOf('init', contextOf(root));
    expect(found).toMatchObject({ severity: 'error', fix: expect.stringContaining('backup') });
    expect(found?.mend).toBeUndefined();
  });

  it('internal-certificates finds one that is over, nearly over, foreign, or has another key or name', async () => {
    expect(await whatOf('internal-certificates', root)).toEqual([]);
    const late = { host: { nowMs: () => Date.now() + 300 * DAY_MS } };
    expect((await issuesOf('internal-certificates', contextOf(root, late)))[0]).toMatchObject({
      severity: 'warning',
      what: `secrets/nginx/tls.crt: it ends on ${await lastDay('nginx/tls.crt')}`,
    });
    const over = { host: { nowMs: () => Date.now() + 366 * DAY_MS } };
    expect((await issuesOf('internal-certificates', contextOf(root, over)))[0]).toMatchObject({
      severity: 'error',
      what: `secrets/nginx/tls.crt: it ended on ${await lastDay('nginx/tls.crt')}`,
    });
    const tenthYear = { host: { nowMs: () => Date.now() + 9.1 * 365 * DAY_MS } };
    expect((await issuesOf('internal-certificates', contextOf(root, tenthYear)))[0]).toMatchObject({
      severity: 'warning',
      what: `the internal authority: it ends on ${await lastDay('ca/ca.crt')}`,
    });

    const stranger = await makeAuthority('Origin Stack internal CA', 1);
    await put('redis', await issue(stranger, { commonName: 'redis', names: ['redis'], days: 365 }));
    expect(await whatOf('internal-certificates', root)).toEqual([
      expect.stringContaining('not by the internal authority'),
    ]);
    const other = await issue(stranger, { commonName: 'vault', names: ['redis'], days: 365 });
    await writeFile(secret('redis/tls.crt'), other.certificate);
    expect(await whatOf('internal-certificates', root)).toEqual([
      'secrets/redis/tls.crt: its key is of another certificate',
    ]);
    const own = { certificate: await read('ca/ca.crt'), key: await read('ca/ca.key') };
    await put('redis', await issue(own, { commonName: 'vault', names: ['redis'], days: 365 }));
    expect(await whatOf('internal-certificates', root)).toEqual([
      'secrets/redis/tls.crt: it names CN=vault, not CN=redis',
    ]);
    await put('redis', await issue(own, { commonName: 'redis', names: ['vault'], days: 365 }));
    expect(await whatOf('internal-certificates', root)).toEqual([
      'secrets/redis/tls.crt: it does not name redis',
    ]);
    // As its fix, ./stack renew-certs, does.
    const tree = { root: join(root, 'secrets'), operatorUid: 0 };
    await renewPairs({ tree, renew: ['redis'], nowMs: Date.now() });
    expect(await whatOf('internal-certificates', root)).toEqual([]);
  });

  it('public-certificate finds one that is over, soon over, of another name, or with another key', async () => {
    expect(await whatOf('public-certificate', root)).toEqual([]);
    const soon = { host: { nowMs: () => Date.now() + 350 * DAY_MS } };
    expect(await whatOf('public-certificate', root, soon)).toEqual([
      expect.stringMatching(/valid for 1[45] days more/),
    ]);
    const over = { host: { nowMs: () => Date.now() + 400 * DAY_MS } };
    expect(await whatOf('public-certificate', root, over)).toEqual([expect.stringMatching(/expired on/)]);
    // One of our own is made anew by what it says to type; one that was brought is the operator's to bring.
    const fixes = async () =>
      (await issuesOf('public-certificate', contextOf(root, over))).map(({ fix }) => fix);
    expect(await fixes()).toEqual([expect.stringMatching(/^\.\/stack up, which/)]);
    await put('nginx', await selfSigned('localhost', 90), 'public');
    expect(await fixes()).toEqual([expect.stringMatching(/--cert FILE/)]);
    await put('nginx', await selfSigned('elsewhere.example', 90), 'public');
    expect(await whatOf('public-certificate', root)).toEqual([
      expect.stringMatching(/elsewhere\.example, not localhost/),
    ]);
    await writeFile(secret('nginx/public.crt'), (await selfSigned('localhost', 90)).certificate);
    expect(await whatOf('public-certificate', root)).toEqual(['the public certificate has another key']);
    const pair = await selfSigned('localhost', 90);
    const chain = `${pair.certificate}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
    await put('nginx', { ...pair, certificate: chain }, 'public');
    expect(await whatOf('public-certificate', root)).toEqual([
      expect.stringMatching(/cannot be served: OpenSSL/),
    ]);
    await put('nginx', await selfSigned('localhost', 90), 'public');
    expect(await whatOf('public-certificate', root)).toEqual([]);
  });

  it('served-certificate compares the file with what a listener really serves', async () => {
    const served = await selfSigned('localhost', 90);
    const server = createTlsServer({ cert: served.certificate, key: served.key }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const given = { settings: { ...goodSettings, ORIGIN_HTTPS_PORT: port } };
    expect((await whatOf('served-certificate', root, given))[0]).toMatch(/serves another certificate/);
    await rm(secret('nginx/public.crt'));
    expect((await whatOf('served-certificate', root, given))[0]).toMatch(/public\.crt is not there/);
    await put('nginx', served, 'public');
    expect(await whatOf('served-certificate', root, given)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
    expect((await whatOf('served-certificate', root, given))[0]).toMatch(/nobody answers by TLS/);
  });
});

describe('the checks of ports and locks', () => {
  it('ports names who has one, and is quiet when it is free again', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const given = { settings: { ...goodSettings, ORIGIN_HTTPS_PORT: port, ORIGIN_HTTP_PORT: port } };
    expect((await whatOf('ports', root, given))[0]).toContain(`(process ${process.pid}) has it`);
    await new Promise((resolve) => server.close(resolve));
    expect(await whatOf('ports', root, given)).toEqual([]);
  });

  it('lock finds what a killed run left, --fix removes it, and a living run keeps its own', async () => {
    const { lockFile } = locateBundle(root);
    await writeFile(lockFile, JSON.stringify({ pid: 4_194_303, startedAt: '1', purpose: './stack up' }));
    expect(await whatOf('lock', root)).toEqual(['./stack up was killed and left its lock']);
    expect(await fixed('lock')).toEqual([true]);
    expect(await whatOf('lock', root)).toEqual([]);
  });
});

describe('the doctor', () => {
  it('has at least 25 checks with names of their own', () => {
    const names = doctorChecks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(25);
  });

  it('skips, and does not pass, what it cannot look at', async () => {
    const nothing = contextOf(root, { engine: undefined, settings: undefined });
    const findings = await examine(
      doctorChecks.filter(({ needs }) => needs !== 'host'),
      nothing,
    );
    expect(new Set(findings.map(({ result }) => result))).toEqual(new Set(['skipped']));
    const stopped = await examine(
      doctorChecks.filter(({ needs }) => needs === 'running'),
      contextOf(root),
    );
    expect(new Set(stopped.map(({ reason }) => reason))).toEqual(new Set(['not running']));
  });

  it('skips what reads secrets for a user who may not read them', async () => {
    const given = contextOf(root, { host: { isRoot: false, read: async () => undefined } });
    const container = { Config: { Labels: null }, Name: '/x' } as Inspected;
    const names = ['public-certificate', 'served-certificate', 'internal-certificates'];
    const findings = await examine(
      doctorChecks.filter(({ name }) => names.includes(name)),
      { ...given, containers: [container] },
    );
    expect(findings.map(({ result, reason }) => [result, reason])).toEqual(
      names.map(() => ['skipped', 'this user may not read secrets: sudo ./stack doctor']),
    );
  });

  it('takes a check that fails by itself for an error', async () => {
    const broken = {
      name: 'x',
      rule: '',
      needs: 'host' as const,
      detect: () => Promise.reject(new Error('no disk')),
    };
    const [finding] = await examine([broken], contextOf(root));
    expect(finding?.issues[0]).toMatchObject({
      severity: 'error',
      what: 'the check could not look: no disk',
    });
  });
});
