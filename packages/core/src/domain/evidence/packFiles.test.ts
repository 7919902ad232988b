import { createHash } from 'node:crypto';
import { canonicalJson } from '@origin-stack/sdk';
import { readStoredZip } from '@origin-stack/sdk/readStoredZip';
import { describe, expect, test } from 'vitest';
import { evidenceJson } from './evidenceJson.ts';
import { packFiles } from './packFiles.ts';
import { packManifest, withManifest } from './packManifest.ts';
import { exampleEvidence } from './test/exampleEvidence.ts';
import { zipPack } from './zipPack.ts';

const input = await exampleEvidence({ external_id: 'rechnung-ü-日' });
const report = new TextEncoder().encode('%PDF');
const files = packFiles(input, report);
const manifestInput = {
  packId: input.pack_id,
  uploadId: input.upload_id,
  certificateId: input.certificate.id,
};
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe('packFiles', () => {
  test('holds the six files, JSON as canonical text and the JWS without a byte more', () => {
    expect([...files.keys()].sort()).toEqual([
      'certificate.jws',
      'decision.json',
      'inputs.json',
      'jwks.json',
      'ledger.json',
      'report.pdf',
    ]);
    expect(textOf(files.get('certificate.jws'))).toBe(input.certificate.jws);
    expect(textOf(files.get('decision.json'))).toBe(canonicalJson(input.decision));
    expect(textOf(files.get('inputs.json'))).toBe(canonicalJson(input.inputs));
    expect(textOf(files.get('jwks.json'))).toBe(canonicalJson(input.jwks));
    expect(textOf(files.get('ledger.json'))).toBe(canonicalJson({ events: input.ledgerEvents }));
    expect(files.get('report.pdf')).toBe(report);
  });

  test('holds policy and models beside them, to the byte, where the certificate covers them', () => {
    const decidedBy = { policy: '{"rules":[]}', risk: '{"kind":"risk"}', anomaly: '{"kind":"anomaly"}' };
    const more = packFiles({ ...input, decidedBy }, report);
    expect(more.size).toBe(9);
    expect(textOf(more.get('policy.json'))).toBe(decidedBy.policy);
    expect(textOf(more.get('models/risk.json'))).toBe(decidedBy.risk);
    expect(textOf(more.get('models/anomaly.json'))).toBe(decidedBy.anomaly);
    const evidence = JSON.parse(textOf(evidenceJson(more)));
    expect(evidence['models/risk.json']).toEqual({ kind: 'risk' });
    expect(readStoredZip(zipPack(more)).map(({ name }) => name)).toEqual([...more.keys()].sort());
  });

  test('takes nothing of a ledger row but the text and its hash', () => {
    const events = input.ledgerEvents.map((event) => ({ ...event, tenant_secret: 1 }));
    expect(textOf(packFiles({ ...input, ledgerEvents: events }, report).get('ledger.json'))).not.toContain(
      'secret',
    );
  });
});

describe('packManifest', () => {
  test('lists every file but itself and its signature, by name, with hash and size', () => {
    const manifest = packManifest({ ...manifestInput, files });
    const complete = withManifest(new Map([...files].reverse()), manifest, 'a.b.c');
    expect(packManifest({ ...manifestInput, files: complete })).toBe(manifest);
    expect(JSON.parse(manifest)).toEqual({
      v: 1,
      pack_id: input.pack_id,
      upload_id: input.upload_id,
      certificate_id: input.certificate.id,
      files: [...files.keys()].sort().map((name) => ({
        name,
        sha256: createHash('sha256').update(files.get(name)!).digest('hex'),
        size_bytes: files.get(name)!.length,
      })),
    });
    expect(canonicalJson(JSON.parse(manifest))).toBe(manifest);
    expect(textOf(complete.get('manifest.json'))).toBe(manifest);
    expect(textOf(complete.get('manifest.jws'))).toBe('a.b.c');
  });
});

describe('evidenceJson', () => {
  test('is the canonical object of every JSON file parsed and every JWS as text, without the report', () => {
    const manifest = packManifest({ ...manifestInput, files });
    const text = textOf(evidenceJson(withManifest(files, manifest, 'a.b.c')));
    expect(JSON.parse(text)).toEqual({
      'certificate.jws': input.certificate.jws,
      'decision.json': input.decision,
      'inputs.json': input.inputs,
      'jwks.json': input.jwks,
      'ledger.json': { events: input.ledgerEvents },
      'manifest.json': JSON.parse(manifest),
      'manifest.jws': 'a.b.c',
    });
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });
});
