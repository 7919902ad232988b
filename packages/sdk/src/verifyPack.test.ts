import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildPack,
  canonical,
  certificatePayload,
  inputs,
  ledgerEvent,
  type PackChange,
  sha256,
} from '../test/buildPack.ts';
import { makeSigningKey, type SigningKey } from '../test/signingKey.ts';
import { readStoredZip } from './readStoredZip.ts';
import { type PackVerdict, verifyPack } from './verifyPack.ts';

let key: SigningKey;
let forger: SigningKey;
let good: Buffer;

beforeAll(async () => {
  [key, forger] = [await makeSigningKey(), await makeSigningKey()];
  good = await buildPack(key);
});

const failed = (verdict: PackVerdict) =>
  verdict.checks.filter((check) => !check.ok).map((check) => check.name);

async function failures(change: PackChange): Promise<string[]> {
  const verdict = await verifyPack({ zip: await buildPack(key, change), jwks: key.jwks });
  expect(verdict.ok).toBe(failed(verdict).length === 0);
  if (!verdict.ok) expect(verdict.signerChecked).toBe(false);
  return failed(verdict);
}

describe('verifyPack', () => {
  it('passes every check of a good pack under pinned keys', async () => {
    const verdict = await verifyPack({ zip: good, jwks: key.jwks });
    expect(failed(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, signerChecked: true, certificate: certificatePayload });
    expect(verdict.checks).toHaveLength(11);
    expect(verdict.checks.every((check) => check.detail !== '')).toBe(true);
  });

  it('passes under a pinned thumbprint, with the key taken from the pack', async () => {
    expect(await verifyPack({ zip: good, kid: key.kid })).toMatchObject({ ok: true, signerChecked: true });
    expect(await verifyPack({ zip: good, kid: [forger.kid, key.kid] })).toMatchObject({
      ok: true,
      signerChecked: true,
    });
  });

  it('says without a pin that the pack is consistent and its signer unchecked', async () => {
    expect(await verifyPack({ zip: good })).toMatchObject({ ok: true, signerChecked: false });
  });

  it('trusts no key because the pack brought it: a forged pack is consistent and nothing more', async () => {
    const forged = await buildPack(forger);
    expect(await verifyPack({ zip: forged })).toMatchObject({ ok: true, signerChecked: false });
    for (const pin of [
      { jwks: key.jwks },
      { kid: key.kid },
      { jwks: { keys: [] } },
      { kid: [] },
      { kid: '' },
    ]) {
      const verdict = await verifyPack({ zip: forged, ...pin });
      expect(verdict).toMatchObject({ ok: false, signerChecked: false });
      expect(failed(verdict)).toContain('manifest_signature');
    }
  });

  it('recomputes thumbprints: a forger who names his key by the pinned thumbprint is refused', async () => {
    const impostor = {
      ...forger,
      sign: (payload: string | Uint8Array, header: object) =>
        forger.sign(payload, { ...header, kid: key.kid }),
    };
    for (const listedKeys of [
      [{ ...forger.jwk, kid: key.kid }],
      [key.jwk, { ...forger.jwk, kid: key.kid }],
      [{ ...forger.jwk, kid: key.kid }, key.jwk],
    ]) {
      const zip = await buildPack(impostor, { listedKeys });
      expect(await verifyPack({ zip, kid: key.kid })).toMatchObject({ ok: false, signerChecked: false });
    }
  });

  it('takes only keys that satisfy both pins when both are given', async () => {
    expect(await verifyPack({ zip: good, jwks: key.jwks, kid: key.kid })).toMatchObject({ ok: true });
    expect(await verifyPack({ zip: good, jwks: key.jwks, kid: forger.kid })).toMatchObject({ ok: false });
    expect(await verifyPack({ zip: good, jwks: forger.jwks, kid: key.kid })).toMatchObject({ ok: false });
  });

  it('reads keys of other types past, pinned and in the pack', async () => {
    const elliptic = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'other' };
    const zip = await buildPack(key, { listedKeys: [elliptic, key.jwk] });
    const keys = [elliptic, key.jwk];
    for (const pin of [{ jwks: { keys } }, { kid: key.kid }, { jwks: { keys }, kid: key.kid }]) {
      expect(await verifyPack({ zip, ...pin })).toMatchObject({ ok: true, signerChecked: true });
    }
    expect(await verifyPack({ zip })).toMatchObject({ ok: true, signerChecked: false });
    expect(failed(await verifyPack({ zip, jwks: { keys: [elliptic] } }))).toEqual([
      'manifest_signature',
      'certificate_signature',
    ]);
    expect(failed(await verifyPack({ zip, jwks: {} as never }))).toEqual(['keys']);
  });

  it('accepts a certificate by an older key than the manifest when both are pinned, and names it when not', async () => {
    const zip = await buildPack(key, { manifestKey: forger });
    const both = { keys: [forger.jwk, key.jwk] };
    expect(await verifyPack({ zip, jwks: both })).toMatchObject({ ok: true, signerChecked: true });
    expect(failed(await verifyPack({ zip, jwks: forger.jwks }))).toEqual(['certificate_signature']);
    expect(failed(await verifyPack({ zip, jwks: key.jwks }))).toEqual(['manifest_signature']);
  });

  it('ends at the archive when that is not a plain stored ZIP', async () => {
    for (const zip of [Buffer.from('no zip'), Buffer.concat([good, Buffer.from('x')]), Buffer.alloc(0)]) {
      expect(failed(await verifyPack({ zip, jwks: key.jwks }))).toEqual(['archive']);
    }
    expect(failed(await verifyPack({ zip: good, jwks: key.jwks, bounds: { maxSizeBytes: 10 } }))).toEqual([
      'archive',
    ]);
  });

  it('finds a changed, a missing and an unlisted file', async () => {
    expect(await failures({ afterManifest: { 'report.pdf': '%PDF-1.8' } })).toEqual(['files_unchanged']);
    expect(await failures({ afterManifest: { 'report.pdf': '%PDF-1.7 ' } })).toEqual(['files_unchanged']);
    expect(await failures({ afterManifest: { 'report.pdf': null } })).toEqual([
      'files_listed',
      'files_unchanged',
    ]);
    expect(await failures({ afterManifest: { 'zz.txt': 'x' } })).toEqual(['files_listed']);
    expect(await failures({ files: { 'report.pdf': null } })).toEqual(['files_listed']);
    expect(await failures({ files: { 'proofs.json': '{}' } })).toEqual([]);
  });

  it('finds a manifest that is not the signed one, not canonical, or of another version', async () => {
    const text = canonical({ v: 1, pack_id: 'p', upload_id: 'u', certificate_id: 'c', files: [] });
    expect(await failures({ manifestPayload: text })).toEqual(['manifest_signature']);
    expect(await failures({ afterManifest: { 'manifest.json': `${text}\n` } })).toEqual(['manifest']);
    expect(await failures({ manifest: { v: 2 } })).toEqual(['manifest']);
    expect(await failures({ manifest: { files: [{ name: 'x' }] } })).toEqual(['manifest']);
    expect(
      await failures({
        manifestKey: { ...key, sign: (text) => key.sign(text, { typ: 'origin-certificate+jws' }) },
      }),
    ).toEqual(['manifest_signature']);
    expect(await failures({ manifest: { upload_id: 'other' } })).toEqual(['certificate_decision']);
    expect(await failures({ manifest: { certificate_id: 'other' } })).toEqual(['certificate_decision']);
  });

  it('finds a decision that is not the certified one', async () => {
    expect(await failures({ decision: { decision: 'reject' } })).toEqual(['certificate_decision']);
    expect(await failures({ decision: { external_id: 'other' } })).toEqual(['certificate_decision']);
    expect(await failures({ certificate: { decision: 'reject' } })).toEqual([
      'certificate_decision',
      'ledger_certificate',
    ]);
  });

  it('finds inputs that are not the certified ones, to the byte', async () => {
    const other = { ...inputs, features: { ...inputs.features, account_age_days: 99 } };
    expect(await failures({ inputsText: canonical(other) })).toEqual(['certificate_inputs']);
    expect(await failures({ inputsText: `${canonical(inputs)}\n` })).toEqual(['certificate_inputs']);
    const foreign = canonical({ ...inputs, content_sha256: sha256('other') });
    const hashed = { inputsText: foreign, certificate: { inputs_sha256: sha256(foreign) } };
    expect(await failures({ ...hashed, eventBody: { inputs_sha256: sha256(foreign) } })).toEqual([
      'certificate_inputs',
    ]);
  });

  it('finds a ledger event that proves another certificate', async () => {
    for (const eventBody of [
      { certificate_sha256: sha256('other') },
      { certificate_id: 'other' },
      { inputs_sha256: sha256('other') },
      { decision: 'reject' },
    ]) {
      expect(await failures({ eventBody })).toEqual(['ledger_certificate']);
    }
    expect(await failures({ decision: { ledger: { sequence: 8, event_hash: sha256('x') } } })).toEqual([
      'ledger_certificate',
    ]);
  });

  it('finds ledger events with a wrong hash, of another tenant, or out of order', async () => {
    const event = ledgerEvent({ sequence: 3, event_type: 'evidence.ready' });
    const events = (...list: unknown[]) =>
      failures({ files: { 'ledger.json': JSON.stringify({ events: list }) } });
    expect(await events({ ...event, event_hash: sha256('x') })).toContain('ledger_events');
    expect(await events(ledgerEvent({ tenant_id: certificatePayload.upload_id }))).toContain('ledger_events');
    expect(await events(event, event)).toContain('ledger_events');
    expect(await events(event)).toEqual(['ledger_certificate']);
    expect(await events()).toEqual(['ledger_events', 'ledger_certificate']);
    expect(await failures({ files: { 'ledger.json': 'x' } })).toEqual([
      'ledger_events',
      'ledger_certificate',
    ]);
  });

  it('refuses a pack in which one byte of any file is another', async () => {
    const directoryAt = good.readUInt32LE(good.length - 6);
    const files = readStoredZip(good);
    for (const { name, bytes } of files) {
      const at = bytes.byteOffset - good.byteOffset + Math.floor(bytes.length / 2);
      expect(at, name).toBeLessThan(directoryAt);
      const zip = Buffer.from(good);
      zip[at]! ^= 0x01;
      expect(failed(await verifyPack({ zip, jwks: key.jwks })), name).toEqual(['archive']);
    }
  });
});
