import type {
  CertificatePayload,
  CertificatePayloadV1,
  CertificatePayloadV2,
  CertifiedModel,
} from '@origin-stack/contract/certificates';
import { integer, object, oneOf, type Shape, ShapeError, someText, text } from './decision/shape.ts';
import type { JsonObject } from './jsonValue.ts';

/** What a certificate may leave open: it stands in the reply and the pack, and not under the signature. */
export type UncoveredFact =
  | 'reasons'
  | 'risk_score'
  | 'anomaly_score'
  | 'policy_document'
  | 'model_artifacts';

const uncovered: Record<CertificatePayload['v'], UncoveredFact[]> = {
  1: ['reasons', 'risk_score', 'anomaly_score', 'policy_document', 'model_artifacts'],
  2: [],
};

/** What a certificate of this version does not prove. */
export function notCoveredBy({ v }: Pick<CertificatePayload, 'v'>): UncoveredFact[] {
  return [...uncovered[v]];
}

const sha256 = text(/^[0-9a-f]{64}$/);
const version = integer(Number.MIN_SAFE_INTEGER);

const about = {
  certificate_id: someText,
  tenant_id: someText,
  upload_id: someText,
  external_id: someText,
  decision: someText as Shape<CertificatePayload['decision']>,
  content_sha256: sha256,
  inputs_sha256: sha256,
  issued_at: someText,
};
const model = object<CertifiedModel>({ version: someText, sha256 });

const versions = {
  1: object<CertificatePayloadV1>({
    v: oneOf(1),
    ...about,
    policy: object<CertificatePayloadV1['policy']>({ id: someText, version }),
    models: object<CertificatePayloadV1['models']>({ risk: someText, anomaly: someText }),
  }),
  2: object<CertificatePayloadV2>({
    v: oneOf(2),
    ...about,
    policy: object<CertificatePayloadV2['policy']>({ id: someText, version, sha256 }),
    models: object<CertificatePayloadV2['models']>({ risk: model, anomaly: model }),
    outcome_sha256: sha256,
  }),
};

/** Reads a certificate's payload: version 1 or 2, every member and no other. Throws a `ShapeError` that names the first fault. */
export function readCertificatePayload(payload: JsonObject): CertificatePayload {
  if (payload.v !== 1 && payload.v !== 2) throw new ShapeError('/v: version 1 or 2 is needed');
  return versions[payload.v](payload, '');
}
