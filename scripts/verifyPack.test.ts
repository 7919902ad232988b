import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPack } from '../packages/sdk/test/buildPack.ts';
import { makeSigningKey, type SigningKey } from '../packages/sdk/test/signingKey.ts';
import { runCommandLine } from './lib/runCommandLine.ts';
import { command } from './verifyPack.ts';

let folder: string;
let key: SigningKey;
let other: SigningKey;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-pack-'));
  [key, other] = [await makeSigningKey(), await makeSigningKey()];
  await writeFile(join(folder, 'one.zip'), await buildPack(key));
  await writeFile(join(folder, 'two.zip'), await buildPack(key, { version: 2 }));
  await writeFile(
    join(folder, 'forged.zip'),
    await buildPack(key, { version: 2, decision: { risk_score: 0.2 } }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function run(zip: string, ...flags: string[]) {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runCommandLine({
    commands: [
      { name: command.name, group: 'Proofs', summary: command.summary, load: async () => ({ command }) },
    ],
    argv: [command.name, join(folder, zip), ...flags],
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: {
      write: (text) => {
        written.stderr += text;
      },
      live: false,
      color: false,
    },
    signal: new AbortController().signal,
  });
  return { exitCode, ...written };
}

/** A JWKS file of this text. */
async function jwksFile(text: string): Promise<string> {
  const file = join(folder, 'jwks.json');
  await writeFile(file, text);
  return file;
}

const set = (...keys: unknown[]) => JSON.stringify({ keys });

describe('./stack verify-pack', () => {
  test('says that a pack is valid, and that it was decided again', async () => {
    const { exitCode, stdout } = await run('two.zip', '--kid', key.kid);
    expect(stdout).toMatch(/^✓ decided again: quarantine, scores /m);
    expect(stdout).toMatch(/^valid$/m);
    expect(stdout).not.toContain('not covered');
    expect(exitCode).toBe(0);
  });

  test('says what a certificate of version 1 does not cover', async () => {
    const { exitCode, stdout } = await run('one.zip', '--kid', key.kid);
    expect(stdout).toContain(
      '– not covered by a certificate of version 1: reasons, risk score, anomaly score, policy document, model artifacts',
    );
    expect(exitCode).toBe(0);
  });

  test('names what was forged', async () => {
    const { exitCode, stdout } = await run('forged.zip', '--kid', key.kid);
    expect(stdout).toMatch(/^✗ decided again: risk_score comes out as 0\.039368, not 0\.2/m);
    expect(stdout).toMatch(/^NOT VALID$/m);
    expect(exitCode).toBe(1);
  });

  test('holds to both pins where both are given', async () => {
    const jwks = await jwksFile(set(key.jwk, other.jwk));
    expect(await run('two.zip', '--jwks', jwks, '--kid', key.kid)).toMatchObject({ exitCode: 0 });
    expect(await run('two.zip', '--jwks', jwks, '--kid', other.kid)).toMatchObject({ exitCode: 1 });
    expect(await run('two.zip', '--jwks', jwks, '--kid', 'WRONG')).toMatchObject({ exitCode: 1 });
    expect(await run('two.zip', '--kid', other.kid, '--kid', key.kid)).toMatchObject({ exitCode: 0 });
  });

  test('checks no signer where none is pinned, and says so', async () => {
    const { exitCode, stdout } = await run('two.zip');
    expect(stdout).toMatch(/^consistent, signer not checked$/m);
    expect(exitCode).toBe(3);
  });

  test('takes a JWKS file with other keys and members, without alg or use, and with a byte order mark', async () => {
    const { kty, n, e, kid } = key.jwk;
    const elliptic = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'other', use: 'sig' };
    const mine = { kty, n, e, kid, x5t: 'x', owner: { name: 'us' } };
    const texts = [
      set(mine),
      set(elliptic, mine),
      set(mine, { kty, n, e, kid, use: 'enc' }),
      `\uFEFF${set(elliptic, mine)}`,
      JSON.stringify({ keys: [mine], issued: 'today' }),
    ];
    for (const text of texts) {
      expect(await run('two.zip', '--jwks', await jwksFile(text))).toMatchObject({ exitCode: 0 });
    }
  });

  test('refuses a file in which no key could verify anything, and says why', async () => {
    for (const text of ['', 'x', '[]', '{}', set(), set({ kty: 'EC' }), set({ ...key.jwk, alg: 'RS256' })]) {
      const { exitCode, stderr } = await run('two.zip', '--jwks', await jwksFile(text));
      expect(stderr).toContain('is not a JWKS of signing keys');
      expect(exitCode).toBe(2);
    }
  });
});
