import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLocalKeys, openLocalKeys } from '../../infra/keyProviders/local.ts';
import type { KeyProvider } from '../ports.ts';
import { createSecretBox } from './secretBox.ts';

let path: string;
let provider: KeyProvider;
const open = (salt: string) => openLocalKeys({ path, signingKeyId: 'k1', salt });
const salt = randomBytes(16).toString('hex');

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'secret-box-'));
  await createLocalKeys({ path, signingKeyId: 'k1', bits: 2048 });
  provider = await open(salt);
});
afterAll(() => rm(path, { recursive: true }));

it('opens what it sealed, also in another process with the same keys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (text, context) => {
      const sealed = await createSecretBox(provider).seal(context, text);
      expect(await createSecretBox(await open(salt)).open(context, sealed)).toBe(text);
    }),
    { numRuns: 30 },
  );
});

it('opens under no other context: a sealed secret cannot be moved to another row', async () => {
  const box = createSecretBox(provider);
  const sealed = await box.seal('webhook:1', 'secret');
  await expect(box.open('webhook:2', sealed)).rejects.toThrow();
});

it('opens with no byte changed and no byte missing', async () => {
  const sealed = await createSecretBox(provider).seal('c', 'secret');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    await expect(createSecretBox(provider).open('c', changed)).rejects.toThrow();
    await expect(createSecretBox(provider).open('c', sealed.subarray(0, at))).rejects.toThrow();
  }
});

it('opens with no other installation’s keys', async () => {
  const sealed = await createSecretBox(provider).seal('c', 'secret');
  const other = await open(randomBytes(16).toString('hex'));
  await expect(createSecretBox(other).open('c', sealed)).rejects.toThrow();
});

it('seals the same text differently each time, and never shows it', async () => {
  const box = createSecretBox(provider);
  const [one, two] = [await box.seal('c', 'a long secret'), await box.seal('c', 'a long secret')];
  expect(one.equals(two)).toBe(false);
  expect(one.includes('a long secret')).toBe(false);
});

it('asks the provider once for a secret that is opened again and again', async () => {
  let asked = 0;
  const counted = {
    wrap: provider.wrap,
    unwrap: (wrapped: string) => {
      asked += 1;
      return provider.unwrap(wrapped);
    },
  };
  const box = createSecretBox(counted);
  const sealed = await box.seal('c', 'secret');
  for (let i = 0; i < 5; i += 1) expect(await box.open('c', sealed)).toBe('secret');
  expect(asked).toBe(1);
});
