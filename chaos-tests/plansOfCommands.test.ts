import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandOutcome } from './product/runStack.ts';
import { type Product, startProduct } from './product/startProduct.ts';

let product: Product;
let folder: string;

beforeAll(async () => {
  product = await startProduct();
  folder = await mkdtemp(join(tmpdir(), 'origin-stack-plans-'));
}, 180_000);

afterAll(async () => {
  await product?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Planned {
  summary: string;
  steps: { action: string }[];
}

const stack = (...args: string[]) => product.stack(args);
const planOf = (...args: string[]) => stack(...args, '--dry-run', '--json');
const planIn = ({ code, stdout, stderr }: CommandOutcome): Planned => {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).plan;
};
const actionsOf = ({ steps }: Planned) => steps.map(({ action }) => action);

test('tenant and key plan what they then do, and refuse with the words of the run', async () => {
  const tenant = `tenant-${randomUUID().slice(0, 8)}`;
  const listed = async () => (await stack('tenant', 'list', '--json')).stdout;
  const before = await listed();
  const make = planIn(await planOf('tenant', 'create', tenant));
  expect(actionsOf(make)).toEqual([
    expect.stringContaining(`make the tenant ${tenant} with an empty ledger`),
  ]);
  expect(await listed()).toBe(before);
  expect(await stack('tenant', 'create', tenant)).toMatchObject({ code: 0 });

  const twice = await planOf('tenant', 'create', tenant);
  expect(twice).toMatchObject({ code: 3, stderr: (await stack('tenant', 'create', tenant)).stderr });
  const kept = await planOf('tenant', 'create', 'chaos');
  expect(kept).toMatchObject({ code: 2, stderr: (await stack('tenant', 'create', 'chaos')).stderr });
  expect(kept.stderr).toContain('./stack tenant create my-chaos');
  const wrong = await planOf('tenant', 'allow', tenant, '10.0.0.0/33');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Not a network: 10.0.0.0/33') });

  const allow = ['tenant', 'allow', tenant, '203.0.113.0/24'];
  expect(actionsOf(planIn(await planOf(...allow)))).toEqual([
    `let keys of ${tenant} work only from 203.0.113.0/24, until now from any address`,
  ]);
  expect(await stack(...allow)).toMatchObject({ code: 0 });
  expect(planIn(await planOf(...allow)).steps).toEqual([]);

  const out = join(folder, 'dry.key');
  const create = ['key', 'create', tenant, '--name', 'shop', '--scope', 'ingest:write', '--out', out];
  expect(actionsOf(planIn(await planOf(...create)))).toEqual([
    `make a key shop of ${tenant}, without an end: ingest:write`,
    `write it to ${out} (0400)`,
  ]);
  const { id } = JSON.parse((await stack(...create, '--json')).stdout);
  expect(await planOf(...create)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(`${out} is there already`),
  });

  const revoke = ['key', 'revoke', tenant, id];
  expect(actionsOf(planIn(await planOf(...revoke)))).toEqual([
    expect.stringMatching(new RegExp(`^revoke the key ok_live_\\w+ \\(shop\\) of ${tenant}, at once$`)),
  ]);
  expect((await stack('key', 'list', tenant)).stdout).toContain(' active ');
  expect(await stack(...revoke)).toMatchObject({ code: 0 });
  expect(planIn(await planOf(...revoke))).toEqual({
    summary: 'the key was revoked before',
    steps: [],
  });
  const foreign = await planOf('key', 'revoke', tenant, randomUUID());
  expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining('No such key.') });
}, 120_000);
