import type { DecisionInputs, IngestRequest } from '@origin-stack/contract/ingest';
import type { ModelKind } from '@origin-stack/contract/models';
import { canonicalJson } from '@origin-stack/sdk/canonicalJson';
import { evaluatePolicy } from '@origin-stack/sdk/decision/evaluatePolicy';
import { outcomeText } from '@origin-stack/sdk/decision/outcomeText';
import { signCertificate } from '../certificates/signCertificate.ts';
import { DomainError } from '../domainError.ts';
import type { LoadedModel } from '../models/loadModel.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import type { Clock, Ids, KeyActor, KeyProvider } from '../ports.ts';
import { sha256 } from '../sha256.ts';
import { commit, encryptField, type SubjectKeyring } from '../subjects/subjectKeys.ts';
import type { DecisionDraft } from './commitDecisions.ts';
import type { ContentFacts } from './contentOf.ts';
import { featuresOf } from './featuresOf.ts';
import type { DecisionContext } from './readContext.ts';

export interface DecideDeps {
  clock: Clock;
  ids: Ids;
  keys: KeyProvider;
  subjects: SubjectKeyring;
  models: ModelRegistry;
}

/** What was read, with an account, a policy and velocities for sure. */
export type FullContext = DecisionContext & {
  [Name in 'account' | 'policy' | 'velocities']: NonNullable<DecisionContext[Name]>;
};

/**
 * Makes a decision and signs its certificate; nothing is written yet.
 * Throws `dependency_unavailable` where a model that the policy names is not loaded.
 */
export async function decide(
  deps: DecideDeps,
  actor: KeyActor,
  given: { request: IngestRequest; content: ContentFacts; bodyMac: Buffer; context: FullContext },
): Promise<DecisionDraft> {
  const { request, content, context } = given;
  const { document, sha256: policySha256, ...policy } = context.policy;
  const risk = findModel(deps, 'risk', document.risk_model_version);
  const anomaly = findModel(deps, 'anomaly', document.anomaly_model_version);
  const features = featuresOf(context, deps.clock.epochMs());
  const riskScore = risk.score(features);
  const anomalyScore = anomaly.score(features);
  const { decision, reasons } = evaluatePolicy({
    document,
    features,
    riskScore,
    anomalyScore,
    mediaType: content.mediaType,
    sizeBytes: content.sizeBytes,
  });
  const accountKeys = await deps.subjects.open(context.account.wrappedKeys);
  const inputs: DecisionInputs = {
    v: 1,
    account_commitment: commit(accountKeys, 'account', request.account.external_id),
    device_commitment: await deviceCommitment(deps, request, context),
    content_sha256: content.sha256,
    pvid: content.pvid,
    media_type: content.mediaType,
    size_bytes: content.sizeBytes,
    features,
    policy,
    models: { risk: risk.version, anomaly: anomaly.version },
  };
  const inputsJson = canonicalJson(inputs);
  const uploadId = deps.ids.next();
  const certificateId = deps.ids.next();
  const receivedAt = deps.clock.now();
  const proven = {
    upload_id: uploadId,
    external_id: request.external_id,
    decision,
    policy: { ...policy, sha256: policySha256 },
    models: { risk: certified(risk), anomaly: certified(anomaly) },
    content_sha256: content.sha256,
    inputs_sha256: sha256(inputsJson),
    outcome_sha256: sha256(
      outcomeText({ decision, reasons, risk_score: riskScore, anomaly_score: anomalyScore }),
    ),
    certificate_id: certificateId,
  };
  const jws = await signCertificate(deps.keys, {
    v: 2,
    ...proven,
    tenant_id: actor.tenantId,
    issued_at: receivedAt,
  });
  const metadata = request.metadata
    ? encryptField(accountKeys, `${actor.tenantId}:${uploadId}:metadata`, canonicalJson(request.metadata))
    : null;
  return {
    upload: {
      id: uploadId,
      external_id: request.external_id,
      body_mac: given.bodyMac,
      account_id: context.account.id,
      device_id: context.device?.id ?? null,
      pvid: content.pvid,
      content_sha256: content.sha256,
      media_type: content.mediaType,
      size_bytes: content.sizeBytes,
      metadata,
      decision,
      risk_score: riskScore,
      anomaly_score: anomalyScore,
      policy_id: policy.id,
      decision_inputs_json: inputsJson,
      certificate_id: certificateId,
      correlation_id: actor.correlationId,
      received_at: receivedAt,
    },
    certificate: {
      id: certificateId,
      upload_id: uploadId,
      kid: deps.keys.signingKey.kid,
      jws,
      created_at: receivedAt,
    },
    event: {
      eventId: deps.ids.next(),
      type: 'decision.created',
      timestamp: receivedAt,
      actor: { type: actor.type, id: actor.id },
      correlationId: actor.correlationId,
      uploadId,
      body: { ...proven, certificate_sha256: sha256(jws) },
    },
    reply: {
      upload_id: uploadId,
      external_id: request.external_id,
      decision,
      reasons,
      risk_score: riskScore,
      anomaly_score: anomalyScore,
      certificate_id: certificateId,
      correlation_id: actor.correlationId,
      received_at: receivedAt,
    },
  };
}

async function deviceCommitment(
  deps: DecideDeps,
  request: IngestRequest,
  context: DecisionContext,
): Promise<string | null> {
  if (!request.device || !context.device) return null;
  return commit(await deps.subjects.open(context.device.wrappedKeys), 'device', request.device.external_id);
}

function findModel(deps: DecideDeps, kind: ModelKind, version: string): LoadedModel {
  const model = deps.models.find(kind, version);
  if (!model) {
    throw new DomainError(
      'dependency_unavailable',
      `The ${kind} model ${version} of the policy is not loaded.`,
    );
  }
  return model;
}

const certified = ({ version, sha256 }: LoadedModel) => ({ version, sha256 });
