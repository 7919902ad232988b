import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signWebhook, type WebhookHeaders } from '../src/signWebhook.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/webhook.json', import.meta.url), 'utf8'));
const [older, newer]: [string, string] = vectors[1].secrets;
const folder = mkdtempSync(join(tmpdir(), 'express-receiver-'));
const lines: string[] = [];
let receiver: ChildProcess;
let url = '';

/** The first printed line that matches; the test's own deadline ends the wait. */
async function printed(pattern: RegExp): Promise<string> {
  for (;;) {
    const line = lines.find((one) => pattern.test(one));
    if (line !== undefined) return line;
    await new Promise((resolve) => receiver.stdout!.once('data', () => setImmediate(resolve)));
  }
}

beforeAll(async () => {
  const secretFile = join(folder, 'secret');
  // As an editor on Windows leaves it.
  writeFileSync(secretFile, `\ufeff${older}\r\n${newer}\r\n`, { mode: 0o600 });
  receiver = spawn(process.execPath, [join(import.meta.dirname, 'express-receiver.ts')], {
    env: { PATH: process.env.PATH, PORT: '0', WEBHOOK_SECRET_FILE: secretFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: receiver.stdout! }).on('line', (line) => lines.push(line));
  url = (await printed(/^listening/)).replace('listening on ', '');
});

afterAll(async () => {
  const ended = new Promise((resolve) => receiver.once('exit', resolve));
  receiver.kill();
  await ended;
  rmSync(folder, { recursive: true });
});

const eventOf = (id: string) =>
  `{ "id": "${id}", "type": "webhook.test", "created_at": "x", "tenant_id": "t", "data": {} }\n`;

async function deliver(
  id: string,
  change: {
    ageSeconds?: number;
    secrets?: string[];
    body?: string;
    drop?: RegExp;
    send?: Record<string, string>;
  } = {},
) {
  const headers: WebhookHeaders = await signWebhook({
    secrets: change.secrets ?? [older, newer],
    eventId: id,
    timestampSeconds: Math.floor(Date.now() / 1000) - (change.ageSeconds ?? 0),
    rawBody: eventOf(id),
  });
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !change.drop?.test(name)));
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...kept, ...change.send },
    body: change.body ?? eventOf(id),
  });
  const json: { error?: string; received?: string; duplicate?: boolean } | null =
    reply.status === 415 ? null : JSON.parse(await reply.text());
  return { status: reply.status, json };
}

describe('the Express receiver', () => {
  it('accepts a good delivery and works on its event', async () => {
    expect(await deliver('good')).toEqual({ status: 200, json: { received: 'good', duplicate: false } });
    expect(await printed(/"worked":"good"/)).toContain('webhook.test');
  });

  it('accepts either secret of a rotation, and either scheme', async () => {
    expect((await deliver('by-older', { secrets: [older] })).status).toBe(200);
    expect((await deliver('by-newer', { secrets: [newer] })).status).toBe(200);
    expect((await deliver('by-origin', { drop: /^webhook-/ })).status).toBe(200);
    expect((await deliver('by-standard', { drop: /^X-/ })).status).toBe(200);
  });

  it('answers a replayed delivery with success and works on its event once', async () => {
    expect((await deliver('twice')).json?.duplicate).toBe(false);
    expect((await deliver('twice')).json?.duplicate).toBe(true);
    await deliver('after-twice');
    await printed(/"worked":"after-twice"/);
    expect(lines.filter((line) => line.includes('"worked":"twice"'))).toHaveLength(1);
  });

  it('refuses a stale delivery', async () => {
    expect(await deliver('stale', { ageSeconds: 302 })).toEqual({
      status: 400,
      json: { error: 'timestamp_too_old' },
    });
  });

  it('refuses a tampered body, a body that was parsed and written again, and no body', async () => {
    const mismatch = { status: 400, json: { error: 'signature_mismatch' } };
    expect(await deliver('bad', { body: eventOf('bad').replace('{}', '{"x":1}') })).toEqual(mismatch);
    expect(await deliver('bad', { body: JSON.stringify(JSON.parse(eventOf('bad'))) })).toEqual(mismatch);
    expect(await deliver('bad', { body: '' })).toEqual(mismatch);
  });

  it('refuses a delivery that is signed by another secret, or by none', async () => {
    const foreign = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect((await deliver('foreign', { secrets: [foreign] })).json).toEqual({ error: 'signature_mismatch' });
    expect((await deliver('bare', { drop: /./ })).json).toEqual({ error: 'missing_headers' });
  });

  it('does not decompress what a stranger sends', async () => {
    expect((await deliver('gz', { send: { 'content-encoding': 'gzip' } })).status).toBe(415);
  });

  it('accepts an event that it refused before as soon as it comes well signed', async () => {
    await deliver('later', { ageSeconds: 1000 });
    expect((await deliver('later')).json).toEqual({ received: 'later', duplicate: false });
  });
});
