import { randomUUID } from 'node:crypto';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { SETTINGS, type Setting, type SettingName } from '@origin-stack/core/config/settings';
import { EXAMPLES, readAsProcess } from '@origin-stack/scripts/settings/test/examples.ts';
import { operatorSettings, WHERE_GIVEN } from '@origin-stack/scripts/settings/whereGiven.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProduct, type Product, type Supervisor } from './product/startProduct.ts';

/** Real ones, of which the product starts. */
const given = { ...EXAMPLES };
let product: Product;
let supervisor: Supervisor;
const environments = new Map<string, Record<string, string>>();

const config = (...args: string[]) => product.stack(['config', ...args, '--embedded']);

/** What a running process was told, as the system keeps it. */
async function environmentOf(service: string): Promise<Record<string, string>> {
  const pid = (await product.state()).services.find(({ name }) => name === service)?.process?.pid;
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text.split('\0').map((line) => [line.replace(/=.*/s, ''), line.replace(/^[^=]*=/, '')]),
  );
}

beforeAll(async () => {
  product = await makeProduct();
  given.MODELS_PATH = join(product.dir.root, 'models');
  given.WEBHOOK_CA_FILE = join(product.dir.root, 'company.pem');
  await cp(join(import.meta.dirname, '../packages/core/models'), given.MODELS_PATH, { recursive: true });
  await writeFile(given.WEBHOOK_CA_FILE, rootCertificates[0] ?? '');
  const set = await config('set', ...Object.entries(given).map(([name, value]) => `${name}=${value}`));
  if (set.code !== 0) throw new Error(set.stderr);
  supervisor = await product.up({ ...process.env, LOG_LEVEL: 'error', REDIS_URL_FILE: '/nowhere' });
  for (const service of ['api', 'worker']) environments.set(service, await environmentOf(service));
}, 180_000);
afterAll(() => product?.[Symbol.asyncDispose]());

describe('a setting of the embedded default', () => {
  const arriving = operatorSettings('embedded').filter((name) =>
    WHERE_GIVEN[name].readers.some((reader) => reader !== 'commands'),
  );
  test.each(arriving)('%s is what its running process was told', (name) => {
    const wanted = (SETTINGS[name] as Setting).type.parse(given[name] ?? '');
    for (const reader of WHERE_GIVEN[name].readers.filter((one) => one !== 'commands')) {
      const read = readAsProcess(name, environments.get(reader) ?? {});
      expect(read, reader).toEqual(Array.isArray(wanted) ? expect.arrayContaining(wanted) : wanted);
    }
  });

  test('makes the signing key at the first start', async () => {
    const response = await product.fetch(`${product.apiUrl}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: { n: string }[] };
    expect(Buffer.from(keys[0]?.n ?? '', 'base64url')).toHaveLength(Number(given.SIGNING_KEY_BITS) / 8);
  });

  test('comes by its file alone: what a shell holds is named, with what to type, and not taken', () => {
    expect(supervisor.output()).toContain(
      'LOG_LEVEL of this shell is not read: ./stack config set LOG_LEVEL=…',
    );
    expect(supervisor.output()).toContain(
      'REDIS_URL_FILE of this shell is not read: made at the first start',
    );
    expect(environments.get('api')?.LOG_LEVEL).toBe('debug');
  });

  test('that changes while it runs is written, and who reads it is named with what to type', async () => {
    const { code, stdout } = await config('set', 'WORKER_CONCURRENCY=6');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/; worker read it after \.\/stack down and \.\/stack up --embedded/),
    });
    expect(await config('get', 'WORKER_CONCURRENCY')).toMatchObject({ stdout: '6\n' });
  });
});

test('a key of an older system is imported while the API accepts such keys, and else refused with what to type', async () => {
  const tenant = `tenant-${randomUUID().slice(0, 8)}`;
  expect(await product.stack(['tenant', 'create', tenant])).toMatchObject({ code: 0 });
  const digest = `$2b$12$${'a'.repeat(53)}`;
  const given = ['--digest', digest, '--scope', 'ingest:write'];
  const bring = (prefix: string, ...more: string[]) =>
    product.stack(['key', 'import', tenant, '--prefix', prefix, ...given, ...more]);
  expect(await bring('legacy-1')).toMatchObject({ code: 0 });
  await config('set', 'LEGACY_APIKEY_FALLBACK=false');
  for (const more of [[], ['--dry-run']]) {
    const { code, stderr } = await bring('legacy-2', ...more);
    expect(code).toBe(3);
    expect(stderr).toContain('an imported key would be refused');
    expect(stderr).toContain('./stack config set LEGACY_APIKEY_FALLBACK=true');
  }
  const { stdout } = await product.stack(['key', 'list', tenant, '--json']);
  expect(JSON.parse(stdout).keys).toHaveLength(1);
});

test('a line that cannot be ends up before anything is started, and config set mends it', async () => {
  const other = await makeProduct();
  try {
    await appendFile(other.dir.settingsFile, 'LOG_LEVEL=loud\n');
    const { code, stderr } = await other.stack(other.upArguments);
    expect(code).toBe(3);
    expect(stderr).toContain('LOG_LEVEL: must be one of debug, info, warn, error');
    expect(await other.stack([...other.upArguments, '--dry-run'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('LOG_LEVEL: must be one of'),
    });
    const set = await other.stack(['config', 'set', 'LOG_LEVEL=info', '--embedded']);
    expect(set).toMatchObject({ code: 0 });
    expect(await other.stack([...other.upArguments, '--dry-run'])).toMatchObject({ code: 0 });
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test('every setting has an example, so that a new one is tried too', () => {
  const names = operatorSettings('embedded') as SettingName[];
  expect(names.filter((name) => given[name] === undefined)).toEqual([]);
});
