import { canonicalJson, type JsonValue } from '@origin-stack/sdk';
import type { EvidenceInput } from './evidenceInput.ts';

/** File name → bytes. */
export type PackFiles = Map<string, Uint8Array>;

/**
 * The files that the manifest covers. JSON is canonical text, `certificate.jws` is the compact JWS with nothing after it, so
 * that the hash of the file is the hash that the ledger event names.
 */
export function packFiles(input: EvidenceInput, reportPdf: Uint8Array): PackFiles {
  const { certificate, jwks, decision, inputs, decidedBy } = input;
  const events = input.ledgerEvents.map(({ canonical_event_json, event_hash }) => ({
    canonical_event_json,
    event_hash,
  }));
  return new Map([
    ['certificate.jws', utf8(certificate.jws)],
    ['decision.json', canonical(decision)],
    ['inputs.json', canonical(inputs)],
    ['jwks.json', canonical(jwks)],
    ['ledger.json', canonical({ events })],
    ['report.pdf', reportPdf],
    ...(decidedBy ? filesOfDecider(decidedBy) : []),
  ]);
}

/** As they are stored, to the byte: the certificate holds their hashes. */
function filesOfDecider({
  policy,
  risk,
  anomaly,
}: NonNullable<EvidenceInput['decidedBy']>): [string, Uint8Array][] {
  return [
    ['policy.json', utf8(policy)],
    ['models/risk.json', utf8(risk)],
    ['models/anomaly.json', utf8(anomaly)],
  ];
}

function canonical(value: JsonValue): Uint8Array {
  return utf8(canonicalJson(value));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
