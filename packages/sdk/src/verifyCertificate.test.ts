import { constants, KeyObject, sign as nodeSign } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonical, certificatePayload, certificatePayloadV2 } from '../test/buildPack.ts';
import { makeSigningKey, type SigningKey } from '../test/signingKey.ts';
import { jwkThumbprint } from './jwk.ts';
import { JwsError } from './jwsError.ts';
import { verifyCertificate } from './verifyCertificate.ts';

const typ = 'origin-certificate+jws';
let key: SigningKey;
let other: SigningKey;
let jws: string;

beforeAll(async () => {
  [key, other] = [await makeSigningKey(), await makeSigningKey()];
  jws = await key.sign(canonical(certificatePayload), { typ });
});

function refusal(change: Partial<Parameters<typeof verifyCertificate>[0]>): Promise<string> {
  return verifyCertificate({ jws, jwks: key.jwks, ...change }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof JwsError ? error.code : String(error)),
  );
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs any header with node:crypto, with the salt it is told: what jose would not do. */
function forge(header: Record<string, unknown>, payload: string, saltLength = 32): string {
  const signed = `${part(header)}.${Buffer.from(payload).toString('base64url')}`;
  const pem = { key: KeyObject.from(key.privateKey), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return `${signed}.${nodeSign('sha256', Buffer.from(signed), pem).toString('base64url')}`;
}

describe('verifyCertificate', () => {
  it('accepts what jose signs, as jose does', async () => {
    const { payload, kid } = await verifyCertificate({
      jws,
      jwks: key.jwks,
      expected: { decision: 'allow' },
    });
    expect(payload).toEqual(certificatePayload);
    expect(kid).toBe(key.kid);
    await compactVerify(jws, createLocalJWKSet(key.jwks), { algorithms: ['PS256'] });
  });

  it('takes both versions, and says what version 1 does not cover', async () => {
    const first = await verifyCertificate({ jws, jwks: key.jwks });
    expect(first.notCovered).toEqual([
      'reasons',
      'risk_score',
      'anomaly_score',
      'policy_document',
      'model_artifacts',
    ]);
    const later = await key.sign(canonical(certificatePayloadV2), { typ });
    const second = await verifyCertificate({ jws: later, jwks: key.jwks });
    expect(second).toEqual({ kid: key.kid, payload: certificatePayloadV2, notCovered: [] });
    const { outcome_sha256 } = certificatePayloadV2;
    expect(await refusal({ jws: later, expected: { outcome_sha256 } })).toBe('accepted');
    expect(await refusal({ jws: later, expected: { outcome_sha256: 'f'.repeat(64) } })).toBe(
      'unexpected_value',
    );
  });

  it('finds the key among retired ones by kid', async () => {
    expect(await refusal({ jwks: { keys: [other.jwk, key.jwk] } })).toBe('accepted');
  });

  it('takes only a salt of 32 bytes', async () => {
    const header = { alg: 'PS256', kid: key.kid, typ };
    const text = canonical(certificatePayload);
    expect(await refusal({ jws: forge(header, text) })).toBe('accepted');
    for (const salt of [0, 20, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
      expect(await refusal({ jws: forge(header, text, salt) })).toBe('signature_invalid');
    }
  });

  it('refuses none, other algorithms, crit, embedded keys and the type of another document', async () => {
    const text = canonical(certificatePayload);
    const header = { alg: 'PS256', kid: key.kid, typ };
    const body = Buffer.from(text).toString('base64url');
    expect(await refusal({ jws: `${part({ ...header, alg: 'none' })}.${body}.` })).toBe('alg_refused');
    for (const alg of ['RS256', 'PS384', 'HS256', 'none', 'ps256', undefined]) {
      expect(await refusal({ jws: forge({ ...header, alg }, text) })).toBe('alg_refused');
    }
    expect(await refusal({ jws: forge({ ...header, crit: ['b64'], b64: false }, text) })).toBe(
      'header_refused',
    );
    expect(await refusal({ jws: forge({ ...header, jwk: other.jwk }, text) })).toBe('header_refused');
    expect(await refusal({ jws: forge({ ...header, jku: 'https://x.test' }, text) })).toBe('header_refused');
    expect(await refusal({ jws: forge({ ...header, kid: 1 }, text) })).toBe('header_refused');
    expect(await refusal({ jws: forge({ ...header, typ: 'origin-manifest+jws' }, text) })).toBe(
      'typ_refused',
    );
    expect(await refusal({ jws: forge({ alg: 'PS256', kid: key.kid }, text) })).toBe('typ_refused');
  });

  it('tells a key it does not know from a signature that is wrong', async () => {
    expect(await refusal({ jwks: other.jwks })).toBe('unknown_kid');
    expect(await refusal({ jwks: { keys: [] } })).toBe('unknown_kid');
    expect(await refusal({ jwks: { keys: [{ ...other.jwk, kid: key.kid }] } })).toBe('signature_invalid');
  });

  it('refuses keys that are not plain RSA keys for PS256', async () => {
    const { n } = key.jwk;
    const short = Buffer.from(n, 'base64url').subarray(0, 128).toString('base64url');
    for (const change of [
      { alg: 'RS256' },
      { use: 'enc' },
      { kty: 'EC' },
      { e: 'AQ' },
      { n: short },
      { n: '' },
    ]) {
      expect(await refusal({ jwks: { keys: [{ ...key.jwk, ...change }] } })).toBe('key_refused');
    }
    expect(await refusal({ jwks: { keys: [{ ...key.jwk, key_ops: ['sign'] }] } })).toBe('key_refused');
    expect(await refusal({ jwks: { keys: [{ ...other.jwk, kid: key.kid }, key.jwk] } })).toBe('key_refused');
    expect(await refusal({ jwks: [key.jwk] as never })).toBe('key_refused');
    expect(await refusal({ jwks: null as never })).toBe('key_refused');
  });

  it('ignores what else a key set holds, as RFC 7517 asks for', async () => {
    const { kty, n, e, kid } = key.jwk;
    const foreign = [
      { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x', kid },
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      { kty: 'RSA', n, e, kid, use: 'enc' },
      { kty: 'RSA', n, e, kid, alg: 'RSA-OAEP-256' },
      { kty: 'RSA', kid },
      { kty: 'RSA', n: 7, e, kid },
      {},
      null,
      'key',
    ] as never[];
    for (const mine of [
      key.jwk,
      { kty, n, e, kid },
      { kty, n, e, kid, x5t: 'x', 'https://example.org/owner': { name: 'us' }, key_ops: ['verify'] },
    ]) {
      expect(await refusal({ jwks: { keys: [...foreign, mine, ...foreign] } })).toBe('accepted');
    }
    expect(await refusal({ jwks: { keys: [key.jwk, { kty, n, e, kid }] } })).toBe('accepted');
    expect(await refusal({ jwks: { keys: foreign } })).toBe('key_refused');
  });

  it('refuses every certificate in which one character of payload or signature is another', async () => {
    const [head, body, tail] = jws.split('.') as [string, string, string];
    const swap = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    for (let at = 0; at < body.length; at += 13) {
      expect(await refusal({ jws: `${head}.${swap(body, at)}.${tail}` })).toMatch(
        /signature_invalid|malformed/,
      );
    }
    for (let at = 0; at < tail.length; at += 13) {
      expect(await refusal({ jws: `${head}.${body}.${swap(tail, at)}` })).toMatch(
        /signature_invalid|malformed/,
      );
    }
  });

  it('refuses what is not three strict base64url parts', async () => {
    for (const text of [
      '',
      'a',
      '..',
      `${jws}.`,
      `${jws}=`,
      ` ${jws}`,
      jws.replace('.', '..'),
      jws.slice(0, -1),
    ]) {
      expect(await refusal({ jws: text })).toMatch(/malformed|signature_invalid/);
    }
    expect(await refusal({ jws: null as unknown as string })).toBe('malformed');
  });

  it('refuses a signed payload that is not canonical text', async () => {
    const text = canonical(certificatePayload);
    const doubled = text.replace('{', '{"v":1,');
    for (const payload of [
      JSON.stringify(certificatePayload),
      ` ${text}`,
      `\ufeff${text}`,
      doubled,
      '[]',
      'x',
    ]) {
      expect(await refusal({ jws: await key.sign(payload, { typ }) })).toBe('payload_not_canonical');
    }
  });

  it('refuses a signed payload with a member too many, too few or of another kind', async () => {
    const { issued_at: _, ...without } = certificatePayload;
    for (const payload of [
      without,
      { ...certificatePayload, more: 1 },
      { ...certificatePayload, v: 2 },
      { ...certificatePayload, v: 3 },
      { ...certificatePayload, outcome_sha256: certificatePayloadV2.outcome_sha256 },
      { ...certificatePayloadV2, v: 1 },
      { ...certificatePayloadV2, outcome_sha256: undefined },
      { ...certificatePayloadV2, policy: certificatePayload.policy },
      { ...certificatePayloadV2, models: certificatePayload.models },
      { ...certificatePayload, policy: null },
      { ...certificatePayload, content_sha256: 'ABC' },
    ]) {
      expect(await refusal({ jws: await key.sign(canonical(payload), { typ }) })).toBe('payload_refused');
    }
  });

  it('refuses a good certificate of another decision than the expected one', async () => {
    const { policy, upload_id } = certificatePayload;
    expect(await refusal({ expected: { policy, upload_id } })).toBe('accepted');
    expect(await refusal({ expected: { upload_id: certificatePayload.tenant_id } })).toBe('unexpected_value');
    expect(await refusal({ expected: { policy: { ...policy, version: 2 } } })).toBe('unexpected_value');
    expect(await refusal({ expected: { nonsense: 1 } as never })).toBe('unexpected_value');
  });
});

describe('jwkThumbprint', () => {
  it('is the thumbprint that jose computes', async () => {
    expect(await jwkThumbprint({ ...key.jwk, kid: 'anything' })).toBe(key.kid);
  });
});
