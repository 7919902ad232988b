import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readReport } from '@origin-stack/core/domain/evidence/test/readReport';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { openSecrets } from '@origin-stack/scripts/embedded/secretFiles.ts';
import { serviceFiles } from '@origin-stack/scripts/embedded/serviceFiles.ts';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBack, killService } from './faults/killService.ts';
import { findTraces, type Place, type Secret } from './invariants/traces.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { type OwnerDatabase, openOwner } from './product/openOwner.ts';
import { readFiles, readTables } from './product/readPlaces.ts';
import { makeProduct, type Product } from './product/startProduct.ts';
import { receiveWebhooks } from './workloads/receiveWebhooks.ts';
import { sendBadRequests } from './workloads/sendBadRequests.ts';

/** A value that occurs nowhere by chance. */
const marker = (name: string) => `${name}.${randomBytes(9).toString('hex')}@example.org`;
const account = marker('account');
const device = marker('device');
const metadata = marker('metadata');

let product: Product;
let owner: OwnerDatabase;
let tenant: Tenant;
let badStatuses: number[];
const secrets: Secret[] = [
  { name: 'account identifier', value: account },
  { name: 'device identifier', value: device },
  { name: 'metadata value', value: metadata },
];
const know = (name: string, value: string) => secrets.push({ name, value });

beforeAll(async () => {
  product = await makeProduct();
  await product.stack(['config', 'set', 'LOG_LEVEL=debug', '--embedded']);
  const up = await product.stack([...product.upArguments, '--detach']);
  if (up.code !== 0) throw new Error(up.stderr);
  owner = await openOwner(product.dir);
  [tenant] = (await makeTenants(product, ['secretive'])) as [Tenant];
  const shown = join(product.dir.root, 'shown.txt');
  await writeFile(shown, 'what the demo shows');
  const demo = await product.stack(['demo', shown, '--json']);
  if (demo.code !== 0) throw new Error(demo.stderr);
  await useEverything();
  await collectSecrets();
}, 240_000);

afterAll(async () => {
  await owner?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

const item = (externalId: string) => ({
  external_id: externalId,
  account: { external_id: account, created_at: '2024-02-29T12:00:00Z' },
  device: { external_id: device },
  content: { text: 'x', media_type: 'application/x-sh' },
  metadata: { note: metadata },
});

/** Requests of every kind, good and bad, and faults that make errors worth logging. */
async function useEverything() {
  const { client } = tenant;
  await using inbox = await receiveWebhooks([tenant]);
  know('webhook secret', inbox.secretOf(tenant));
  const reply = await client.ingest(item('good-1'));
  await expect(client.ingest({ ...item('good-1'), metadata: {} })).rejects.toMatchObject({ status: 409 });
  const { id } = await client.createEvidencePack(
    { upload_id: reply.upload_id },
    { idempotencyKey: randomUUID() },
  );
  await client.waitForEvidencePack(id, { pollMs: 100 });
  await client.downloadArtifact(id, 'pack.zip');
  for (const { url } of (await client.getEvidenceDownload(id)).artifacts) {
    const signature = new URL(url).searchParams.get('signature') ?? '';
    know('presigned signature', signature);
    expect((await fetch(url.replace(signature, `${signature}0`))).status).toBe(404);
  }
  const webhook = await client.createWebhook({
    url: `http://127.0.0.1:${await freePort()}/nobody`,
    events: ['decision.created'],
  });
  know('webhook secret', webhook.secret ?? '');
  know('webhook secret', (await client.rotateWebhookSecret(webhook.id)).secret ?? '');
  badStatuses = await sendBadRequests(product.apiUrl, tenant, {
    apiKey: tenant.apiKey,
    account,
    device,
    metadata,
  });
  // An error that nobody foresaw: what stands in it is what the database driver says.
  await owner.rows('alter table risk_signals rename to risk_signals_away');
  const unforeseen = await client.ingest(item('good-2')).catch((error) => error);
  await owner.rows('alter table risk_signals_away rename to risk_signals');
  expect(unforeseen).toMatchObject({ status: 500 });
  for (const service of ['redis', 'worker', 'api'] as const) {
    const formerPid = await killService(product, service);
    await eventually(() => isBack(product, service, formerPid), { deadlineMs: 30_000 });
  }
  await eventually(() => client.ingest(item('good-3')), { deadlineMs: 60_000 });
  const revoked = await product.stack(['key', 'revoke', tenant.id, await firstKeyId()]);
  expect(revoked.code, revoked.stderr).toBe(0);
  await expect(client.ingest(item('good-4'))).rejects.toMatchObject({ status: 401 });
}

async function firstKeyId(): Promise<string> {
  const [row] = await owner.rows<{ id: string }>('select id from api_keys where tenant_id = $1', [tenant.id]);
  return row?.id ?? '';
}

async function collectSecrets() {
  const files = serviceFiles(product.dir);
  for (const [name, { value }] of Object.entries(await openSecrets(product.dir))) know(name, value);
  know('API key', tenant.apiKey);
  know("API key's secret part", tenant.apiKey.split('_')[3] ?? '');
  for (const name of ['operator-key', 'demo-key']) {
    know(name, (await readFile(join(product.dir.secrets, name), 'utf8')).split('_')[3] ?? '');
  }
  const pem = await readFile(join(files.keysDir, 'signing-1.pem'), 'utf8');
  for (const line of [4, 20]) know('private key', pem.split('\n')[line] ?? '');
  know('master key', (await readFile(join(files.keysDir, 'master.key'), 'utf8')).trim());
  for (const { name, value } of [...secrets]) {
    if (name === 'webhook secret') know("webhook secret's bytes", value.slice('whsec_'.length));
  }
}

describe('after a full run with bad requests and faults', () => {
  it('the run was what it should be: refusals, an unforeseen error, logs of every service', async () => {
    expect(badStatuses.filter((status) => status < 400 || status >= 500)).toEqual([]);
    expect(secrets.filter(({ value }) => value.length < 20)).toEqual([]);
    const logs = await readFiles(product.dir.logs);
    expect(logs.map(({ name }) => name).sort()).toEqual([
      'api.log',
      'postgres.log',
      'redis.log',
      'supervisor.log',
      'worker.log',
    ]);
    for (const { name, text } of logs) expect(text.length, name).toBeGreaterThan(100);
    const api = logs.find(({ name }) => name === 'api.log')?.text ?? '';
    expect(api).toContain('a request failed');
    expect(api).toContain('"level":"debug"');
  });

  it('no log holds a key, a secret, a password or a personal value in any form', async () => {
    expect(findTraces(secrets, await readFiles(product.dir.logs))).toEqual([]);
  });

  it('no table holds an identifier, a metadata value or a secret in clear', async () => {
    const tables = await readTables(owner);
    const filled = tables.filter(({ text }) => text !== '').map(({ name }) => name);
    expect(filled).toEqual(expect.arrayContaining(['table subjects', 'table uploads', 'table webhooks']));
    expect(findTraces(secrets, tables)).toEqual([]);
  });

  it('no object holds an identifier, a metadata value or a secret', async () => {
    const objects = await readFiles(product.dir.objects);
    const reports = objects.filter(({ name }) => name.endsWith('report.pdf'));
    expect(reports.length).toBeGreaterThan(0);
    const texts = await Promise.all(
      reports.map(async ({ name, text }) => ({
        name: `text of ${name}`,
        text: (await readReport(Buffer.from(text, 'latin1'))).lines.join(''),
      })),
    );
    for (const { text } of texts) expect(text.length).toBeGreaterThan(500);
    expect(findTraces(secrets, [...objects, ...texts])).toEqual([]);
  });
});

describe('the search', () => {
  it('finds each of them in every form in which it could stand somewhere', () => {
    const plant = (name: string, text: string): Place => ({ name, text: `before ${text} after` });
    for (const { name, value } of secrets) {
      const bytes = Buffer.from(value);
      for (const place of [
        plant('clear', value),
        plant('URL', encodeURIComponent(value)),
        plant('hex', `\\x${bytes.toString('hex').toUpperCase()}`),
        ...['', 'a', 'ab'].map((beside) =>
          plant('base64', Buffer.from(`${beside}${value}:`).toString('base64')),
        ),
        ...['', 'a', 'ab'].map((beside) =>
          plant('base64url', Buffer.from(`${beside}${value}:`).toString('base64url')),
        ),
      ]) {
        expect(findTraces([{ name, value }], [place]).length, `${name} as ${place.name}`).toBeGreaterThan(0);
      }
    }
    expect(findTraces(secrets, [plant('nothing', 'an ordinary line')])).toEqual([]);
  });
});
