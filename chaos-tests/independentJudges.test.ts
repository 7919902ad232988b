import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Jwks } from '@origin-stack/contract/certificates';
import type { IngestReply } from '@origin-stack/contract/ingest';
import type { LedgerEvent } from '@origin-stack/contract/ledger';
import { canonicalJson } from '@origin-stack/sdk';
import type { JsonObject } from '@origin-stack/sdk/jsonValue';
import { eventually } from '@origin-stack/testkit/eventually';
import { compactVerify, createLocalJWKSet } from 'jose';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPython, installPythonJudges, pythonJudgesAvailable } from './judges/pythonJudges.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { type Product, startProduct } from './product/startProduct.ts';
import { type Received, receiveWebhooks } from './workloads/receiveWebhooks.ts';

const hasPython = pythonJudgesAvailable();
const hasUnzip = spawnSync('unzip', ['-v']).status === 0;

let product: Product;
let tenant: Tenant;
let reply: IngestReply;
let jws: string;
let jwks: Jwks;
let delivery: Received;
let secret: string;
let events: LedgerEvent[];
let zip: Uint8Array;
let zipFile: string;

beforeAll(async () => {
  const installed = hasPython ? installPythonJudges() : Promise.resolve();
  product = await startProduct();
  [tenant] = (await makeTenants(product, ['judged'])) as [Tenant];
  const { client } = tenant;
  await using inbox = await receiveWebhooks([tenant]);
  reply = await client.ingest({
    external_id: 'judged-1 é 😀',
    account: { external_id: 'judged-account' },
    content: { text: 'what is judged', media_type: 'application/x-sh' },
  });
  const { id } = await client.createEvidencePack({ upload_id: reply.upload_id });
  await client.waitForEvidencePack(id, { pollMs: 100 });
  zip = await client.downloadArtifact(id, 'pack.zip');
  zipFile = join(product.dir.root, 'pack.zip');
  await writeFile(zipFile, zip);
  jws = (await client.getCertificate(reply.certificate_id)).jws;
  jwks = (await (await fetch(`${product.apiUrl}/.well-known/jwks.json`)).json()) as Jwks;
  delivery = await eventually(
    () => {
      const ours = inbox.received.find(({ event }) => event.type === 'decision.created');
      if (!ours) throw new Error('no webhook came');
      return ours;
    },
    { deadlineMs: 30_000 },
  );
  secret = inbox.secretOf(tenant);
  events = [];
  for await (const event of client.ledgerEvents()) events.push(event);
  await installed;
}, 240_000);

afterAll(async () => {
  await product?.[Symbol.asyncDispose]();
});

/** The same text with another character in the middle of its last part. */
function altered(token: string): string {
  const at = token.length - 100;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

describe('a certificate of the running product', () => {
  it('verifies with jose and says what was decided; altered it does not', async () => {
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(jwks), {
      algorithms: ['PS256'],
    });
    expect(protectedHeader).toMatchObject({ alg: 'PS256', typ: 'origin-certificate+jws' });
    const text = Buffer.from(payload).toString('utf8');
    const { upload_id, external_id, decision, certificate_id } = reply;
    expect(JSON.parse(text)).toMatchObject({
      upload_id,
      external_id,
      decision,
      certificate_id,
      tenant_id: tenant.id,
    });
    await expect(compactVerify(altered(jws), createLocalJWKSet(jwks))).rejects.toThrow(
      'signature verification failed',
    );
  });

  it.skipIf(!hasPython)('verifies with PyJWT; altered it does not', async () => {
    const verdict = await askPython(['verify_certificate.py'], { jws, jwks });
    expect(verdict.code, verdict.output).toBe(0);
    expect(JSON.parse(verdict.output)).toMatchObject({
      upload_id: reply.upload_id,
      decision: reply.decision,
    });
    const refused = await askPython(['verify_certificate.py'], { jws: altered(jws), jwks });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('InvalidSignatureError') });
  });
});

describe('a webhook of the running product', () => {
  const standardHeaders = () =>
    Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
        name,
        String(delivery.headers[name]),
      ]),
    );

  it('verifies with standardwebhooks from npm and tells the reply; an altered body does not', () => {
    const webhook = new Webhook(secret);
    const body = delivery.rawBody.toString('utf8');
    const event = webhook.verify(body, standardHeaders()) as { id: string; data: JsonObject };
    expect(event.id).toBe(delivery.headers['x-origin-event-id']);
    expect(canonicalJson(event.data)).toBe(canonicalJson(reply));
    expect(() => webhook.verify(body.replace('judged-1', 'judged-2'), standardHeaders())).toThrow(
      'No matching signature found',
    );
  });

  it.skipIf(!hasPython)('verifies with standardwebhooks from PyPI; an altered body does not', async () => {
    const body = delivery.rawBody.toString('utf8');
    const given = { secret, headers: standardHeaders(), body };
    expect(await askPython(['verify_webhook.py'], given)).toEqual({ code: 0, output: delivery.event.id });
    const altered = { ...given, body: body.replace('judged-1', 'judged-2') };
    expect(await askPython(['verify_webhook.py'], altered)).toMatchObject({
      code: 1,
      output: expect.stringContaining('No matching signature found'),
    });
  });
});

describe.skipIf(!hasPython)('the ledger of the running product', () => {
  it('verifies with 30 lines of Python from SHA-256 and canonical JSON alone', async () => {
    const verdict = await askPython(['verify_chain.py'], { tenant_id: tenant.id, events });
    expect(verdict).toEqual({
      code: 0,
      output: `${events.length} events, head ${events.at(-1)?.event_hash}`,
    });
    const hashes = events.map((event) => event.event_hash);
    expect(hashes[reply.ledger.sequence - 1]).toBe(reply.ledger.event_hash);
  });

  it('does not verify with an event altered, left out, moved, or given to another tenant', async () => {
    const [first, ...rest] = events as [LedgerEvent, ...LedgerEvent[]];
    const text = first.canonical_event_json;
    const changed = { ...first, canonical_event_json: text.replace('"v":1', '"v":2') };
    const spaced = { ...first, canonical_event_json: text.replace('"v":1', '"v": 1') };
    const judged = async (tenant_id: string, of: LedgerEvent[]) =>
      (await askPython(['verify_chain.py'], { tenant_id, events: of })).output;
    expect(await judged(tenant.id, [changed, ...rest])).toBe(
      'event 1: it does not hold that it has its hash',
    );
    expect(await judged(tenant.id, [spaced, ...rest])).toBe('event 1: it does not hold that it is canonical');
    expect(await judged(tenant.id, rest)).toContain('event 1: it does not hold that it follows');
    expect(await judged(tenant.id, [...rest, first])).toContain('event 1: it does not hold that it follows');
    expect(await judged(reply.upload_id, events)).toContain('event 1: it does not hold that it follows');
  });
});

describe('an evidence pack of the running product', () => {
  it.skipIf(!hasUnzip)('is a ZIP that unzip finds whole; with a flipped bit it does not', async () => {
    expect(execFileSync('unzip', ['-tq', zipFile], { encoding: 'utf8' })).toContain('No errors detected');
    const damaged = join(product.dir.root, 'damaged.zip');
    const bytes = Buffer.from(zip);
    const at = bytes.indexOf('%PDF');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(damaged, bytes);
    expect(spawnSync('unzip', ['-tq', damaged]).status).not.toBe(0);
  });

  it.skipIf(!hasPython)('is a ZIP that Python reads to its end', async () => {
    const verdict = await askPython(['-m', 'zipfile', '-t', zipFile]);
    expect(verdict).toEqual({ code: 0, output: 'Done testing' });
    const { output } = await askPython(['-m', 'zipfile', '-l', zipFile]);
    for (const name of [
      'manifest.json',
      'manifest.jws',
      'certificate.jws',
      'jwks.json',
      'decision.json',
      'inputs.json',
      'ledger.json',
      'report.pdf',
    ]) {
      expect(output).toMatch(new RegExp(`^${name} +1980-01-01 `, 'm'));
    }
  });
});
