import { constants, createPrivateKey, sign } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactVerify, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyProvider } from '../../domain/ports.ts';
import { createLocalKeys, type LocalKeyOptions, openLocalKeys } from './local.ts';
import { proveKeyProvider } from './proveKeyProvider.ts';

describe('keys in files', () => {
  let options: LocalKeyOptions;
  let provider: KeyProvider;
  beforeAll(async () => {
    const path = await mkdtemp(join(tmpdir(), 'origin-stack-keys-'));
    options = { path, signingKeyId: 'first', salt: 'installation-a' };
    await createLocalKeys({ path, signingKeyId: 'first', bits: 2048 });
    provider = await openLocalKeys(options);
  });
  afterAll(() => rm(options.path, { recursive: true, force: true }));

  const secret = Buffer.from('a data key of thirty-two bytes..');

  test('unwrap what they wrapped, and wrap the same twice differently', async () => {
    const wrapped = await provider.wrap(secret);
    expect(wrapped).toMatch(/^local:v1:/);
    expect(Buffer.from(await provider.unwrap(wrapped)).equals(secret)).toBe(true);
    expect(await provider.wrap(secret)).not.toBe(wrapped);
  });

  test('refuse a wrapped key with any byte changed, cut or added', async () => {
    const bytes = Buffer.from((await provider.wrap(secret)).slice('local:v1:'.length), 'base64');
    const text = (changed: Buffer) => `local:v1:${changed.toString('base64')}`;
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await expect(provider.unwrap(text(changed))).rejects.toThrow();
    }
    await expect(provider.unwrap(text(bytes.subarray(0, -1)))).rejects.toThrow();
    await expect(provider.unwrap(text(Buffer.concat([bytes, Buffer.alloc(1)])))).rejects.toThrow();
  });

  test.each(['', 'local:v1:', 'local:v1:AAAA', 'local:v2:AAAA', 'aws_kms:v1:AAAA', 'local:v1:***'])(
    'refuse %j as a wrapped key',
    async (text) => {
      await expect(provider.unwrap(text)).rejects.toThrow('not a key that the local provider wrapped');
    },
  );

  test('unwrap nothing and give other MACs under another installation salt', async () => {
    const other = await openLocalKeys({ ...options, salt: 'installation-b' });
    await expect(other.unwrap(await provider.wrap(secret))).rejects.toThrow();
    const [here, there] = [await provider.mac('label'), await other.mac('label')];
    expect(here.mac.length).toBe(32);
    expect(here.mac.equals(there.mac)).toBe(false);
    expect((await (await openLocalKeys(options)).mac('label')).mac.equals(here.mac)).toBe(true);
    expect((await provider.mac('another')).mac.equals(here.mac)).toBe(false);
  });

  test('sign a JWS that jose verifies and that verifies no more when changed', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'PS256', kid: provider.signingKey.kid })}.${encode({ v: 1 })}`;
    const signature = Buffer.from(await provider.sign(Buffer.from(input))).toString('base64url');
    const key = await importJWK({ ...provider.signingKey }, 'PS256');
    const { payload } = await compactVerify(`${input}.${signature}`, key, { algorithms: ['PS256'] });
    expect(Buffer.from(payload).toString()).toBe('{"v":1}');
    const forged = `${input.split('.')[0]}.${encode({ v: 2 })}.${signature}`;
    await expect(compactVerify(forged, key, { algorithms: ['PS256'] })).rejects.toThrow(
      'signature verification',
    );
  });

  test('pass the proof, which refuses the same keys with the longest salt', async () => {
    await expect(proveKeyProvider(provider)).resolves.toBeUndefined();
    const key = createPrivateKey(await readFile(join(options.path, 'first.pem')));
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_MAX_SIGN;
    const longSalt: KeyProvider = {
      ...provider,
      sign: async (input) => sign('sha256', input, { key, padding, saltLength }),
    };
    await expect(proveKeyProvider(longSalt)).rejects.toThrow('does not sign PS256 with a salt of 32 bytes');
  });

  test('do not pass the proof when they sign with another key or unwrap something else', async () => {
    await createLocalKeys({ path: options.path, signingKeyId: 'second', bits: 2048 });
    const second = await openLocalKeys({ ...options, signingKeyId: 'second' });
    await expect(proveKeyProvider({ ...provider, sign: second.sign })).rejects.toThrow('does not sign PS256');
    const unwrap = async () => Buffer.alloc(32);
    await expect(proveKeyProvider({ ...provider, unwrap })).rejects.toThrow(
      'does not unwrap what it wrapped',
    );
  });

  test('are made once, readable by their owner alone', async () => {
    const before = await readFile(join(options.path, 'master.key'), 'utf8');
    await createLocalKeys({ path: options.path, signingKeyId: 'first', bits: 2048 });
    expect(await readFile(join(options.path, 'master.key'), 'utf8')).toBe(before);
    for (const file of await readdir(options.path)) {
      expect((await stat(join(options.path, file))).mode & 0o777).toBe(0o400);
    }
  });

  test('are refused when the master key is short or the signing key is too small', async () => {
    const path = await mkdtemp(join(tmpdir(), 'origin-stack-keys-'));
    await createLocalKeys({ path, signingKeyId: 'small', bits: 1024 });
    await expect(openLocalKeys({ path, signingKeyId: 'small', salt: 's' })).rejects.toThrow(
      /must be RSA of 2048/,
    );
    await rm(join(path, 'master.key'));
    await writeFile(join(path, 'master.key'), Buffer.alloc(31).toString('base64'));
    await expect(openLocalKeys({ path, signingKeyId: 'small', salt: 's' })).rejects.toThrow(/32 bytes/);
    await rm(path, { recursive: true, force: true });
  });
});
