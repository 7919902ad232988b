import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROUTED_SCOPES } from '@origin-stack/contract/scopes';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InterruptedError } from '../../lib/commandErrors.ts';
import { bundleKey } from '../bundleClient.ts';
import { bundleLogs } from '../bundleLogs.ts';
import { interruptStack, runStack, stackOf } from './stack.ts';
import { askPublic } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

let bundle: TheBundle;
let folder: string;
let stack: ReturnType<typeof stackOf>;
const tenant = `tenant-${randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  folder = await mkdtemp(join(tmpdir(), 'origin-stack-commands-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const whoAmI = async (key: string) =>
  await askPublic(bundle)('/v1/whoami', { headers: { authorization: `Bearer ${key}` } });

test('tenant makes a tenant once, and lists it', async () => {
  const made = await stack('tenant', 'create', tenant, '--json');
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({ name: tenant });
  const again = await stack('tenant', 'create', tenant);
  expect(again).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`there is a tenant ${tenant} already`),
  });
  expect((await stack('tenant', 'list')).stdout).toContain(tenant);
});

test('key makes a key that works and whose file only its owner reads, and revokes it at once', async () => {
  const file = join(folder, 'acme.key');
  const made = await stack(
    'key',
    'create',
    tenant,
    '--name',
    'shop',
    '--scope',
    'ingest:write',
    '--out',
    file,
    '--json',
  );
  expect(made).toMatchObject({ code: 0 });
  const key = (await readFile(file, 'utf8')).trim();
  expect((await stat(file)).mode & 0o777).toBe(0o400);
  expect(made.stdout + made.stderr).not.toContain(key);
  expect(await (await whoAmI(key)).json()).toMatchObject({ name: 'shop' });
  const { id } = JSON.parse(made.stdout);
  expect((await stack('key', 'list', tenant)).stdout).toContain(id);
  expect(await stack('key', 'revoke', tenant, id)).toMatchObject({ code: 0 });
  expect((await whoAmI(key)).status).toBe(401);
});

test('verify-ledger proves every ledger, migrate has nothing to do, and both run without secrets on this host', async () => {
  const ledgers = await stack('verify-ledger', '--json');
  expect(ledgers, ledgers.stderr).toMatchObject({ code: 0 });
  const found = JSON.parse(ledgers.stdout).ledgers as { valid: boolean }[];
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(({ valid }) => valid)).toBe(true);
  expect(await stack('migrate')).toMatchObject({ code: 0 });
});

test('status tells of every container, and logs of one', async () => {
  const { code, stdout } = await stack('status');
  expect(code).toBe(0);
  for (const service of ['nginx', 'api-a', 'api-b', 'worker', 'vault', 'postgres', 'mtail']) {
    expect(stdout).toMatch(new RegExp(`^${service} +healthy`, 'm'));
  }
  const logs = await stack('logs', 'api-a', '--lines', '50', '--json');
  expect(logs.code).toBe(0);
  const { service, line } = JSON.parse(logs.stdout.split('\n')[0] ?? '');
  expect(service).toBe('api-a');
  // As the API wrote it.
  expect(JSON.parse(line)).toMatchObject({ level: expect.anything() });
  expect(await stack('logs', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('nginx') });
});

test('status --watch shows it anew until Ctrl-C, and that is no failure', async () => {
  const args = ['status', '--watch', '--state-dir', bundle.dir.root];
  const times = (stdout: string) => stdout.match(/^nginx +healthy/gm)?.length ?? 0;
  const ran = await interruptStack(args, (stdout) => times(stdout) >= 2);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
});

test('logs --follow shows what is written meanwhile until Ctrl-C, and that is no failure', async () => {
  const marker = `/followed-${randomUUID()}`;
  const args = ['logs', 'nginx', '--follow', '--lines', '0', '--state-dir', bundle.dir.root];
  const ran = await interruptStack(args, async (stdout) => {
    await askPublic(bundle)(marker);
    return stdout.includes(marker);
  });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout.split('\n').filter(Boolean)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^nginx \| \{/)]),
  );
});

test('logs ends also where Ctrl-C came before the first line, and fails where lines are missing then', async () => {
  const reason = new InterruptedError();
  const given = {
    service: undefined,
    lines: 1,
    json: false,
    print: () => {},
    signal: AbortSignal.abort(reason),
  };
  await bundleLogs(bundle.dir, { ...given, follow: true });
  await expect(bundleLogs(bundle.dir, { ...given, follow: false })).rejects.toBe(reason);
}, 10_000);

test('a key of ours that the data no longer knows is made anew', async () => {
  const { signal } = new AbortController();
  const kept = await bundleKey(bundle.dir, 'demo', signal);
  expect(await bundleKey(bundle.dir, 'demo', signal)).toBe(kept);
  const file = join(bundle.dir.secrets, 'operator', 'demo-key');
  await rm(file);
  await writeFile(file, generateApiKey('live').key, { mode: 0o400 });
  const fresh = await bundleKey(bundle.dir, 'demo', signal);
  expect((await whoAmI(fresh)).status).toBe(200);
});

test('demo decides on real files here, webhook included', async () => {
  const { code, stdout, stderr } = await stack('demo', '--limit', '2');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('every certificate, pack and webhook verified');
});

test('demo from outside verifies everything where it trusts the certificate, and says why where it does not', async () => {
  const file = join(folder, 'outside.key');
  const content = join(folder, 'content.txt');
  await writeFile(content, `content ${randomUUID()}`);
  const scopes = ROUTED_SCOPES.flatMap((scope) => ['--scope', scope]);
  const make = ['key', 'create', tenant, '--name', 'outside', ...scopes, '--out', file];
  expect(await stack(...make)).toMatchObject({ code: 0 });
  const demo = ['demo', content, '--url', bundle.url, '--key-file', file];
  const ca = join(bundle.dir.secrets, 'nginx', 'public.crt');
  const good = await runStack([...demo, '--ca', ca]);
  expect(good.code, good.stderr).toBe(0);
  expect(good.stdout).toContain('every certificate and pack verified');
  const untrusted = await runStack(demo);
  expect(untrusted).toMatchObject({ code: 3, stderr: expect.stringContaining('is not trusted here') });
});
