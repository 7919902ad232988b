// Made by ./stack reference from packages/contract: what the API takes and gives.

export type ArtifactName = "pack.zip" | "report.pdf" | "evidence.json";

export type Certificate = {
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  jws: string;
  key_id: string;
  alg: "PS256";
  signature: string;
  signature_encoding: "base64url";
  payload: CertificatePayload;
};

export type CertificatePayload = CertificatePayloadV1 | CertificatePayloadV2;

export type CertificatePayloadV1 = {
  v: 1;
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  /** UUIDv7 in lower-case text */
  tenant_id: string;
  /** UUIDv7 in lower-case text */
  upload_id: string;
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  decision: Decision;
  /** SHA-256 in lower-case hex */
  content_sha256: string;
  /** SHA-256 in lower-case hex */
  inputs_sha256: string;
  /** RFC 3339 in UTC with microseconds */
  issued_at: string;
  policy: PolicyRef;
  models: {
    risk: string;
    anomaly: string;
  };
};

export type CertificatePayloadV2 = {
  v: 2;
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  /** UUIDv7 in lower-case text */
  tenant_id: string;
  /** UUIDv7 in lower-case text */
  upload_id: string;
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  decision: Decision;
  /** SHA-256 in lower-case hex */
  content_sha256: string;
  /** SHA-256 in lower-case hex */
  inputs_sha256: string;
  /** RFC 3339 in UTC with microseconds */
  issued_at: string;
  policy: {
    /** UUIDv7 in lower-case text */
    id: string;
    version: number;
    /** Of the policy document's canonical text */
    sha256: string;
  };
  models: {
    risk: CertifiedModel;
    anomaly: CertifiedModel;
  };
  /** Of the canonical text of decision, reasons, risk_score, anomaly_score */
  outcome_sha256: string;
};

export type CertifiedModel = {
  version: string;
  /** Of the artifact's bytes */
  sha256: string;
};

export type Content = {
  /** SHA-256 in lower-case hex */
  sha256: string;
  /** type/subtype in lower case, without parameters */
  media_type: string;
  size_bytes?: number | undefined;
  /** The content's stable fingerprint; `sha256:<content hash>` where none is given */
  pvid?: string | undefined;
} | {
  text: string;
  /** type/subtype in lower case, without parameters */
  media_type: string;
  size_bytes?: number | undefined;
  /** The content's stable fingerprint; `sha256:<content hash>` where none is given */
  pvid?: string | undefined;
} | {
  base64: string;
  /** type/subtype in lower case, without parameters */
  media_type: string;
  size_bytes?: number | undefined;
  /** The content's stable fingerprint; `sha256:<content hash>` where none is given */
  pvid?: string | undefined;
};

export type Decision = "allow" | "review" | "quarantine" | "reject";

export type DecisionInputs = {
  v: 1;
  /** SHA-256 in lower-case hex */
  account_commitment: string;
  device_commitment: string | null;
  /** SHA-256 in lower-case hex */
  content_sha256: string;
  pvid: string;
  media_type: string;
  size_bytes: number | null;
  features: {
    account_age_days: number;
    upload_velocity_24h: number;
    device_velocity_24h: number;
    account_prior_quarantine_count: number;
    account_prior_reject_count: number;
    pvid_prior_quarantine_count: number;
    pvid_prior_reject_count: number;
  };
  policy: PolicyRef;
  models: {
    risk: string;
    anomaly: string;
  };
};

export type Delivery = {
  /** UUIDv7 in lower-case text */
  id: string;
  /** UUIDv7 in lower-case text */
  event_id: string;
  event_type: WebhookEventType;
  status: "pending" | "delivered" | "dead";
  attempts: number;
  next_attempt_at: string | null;
  /** HTTP status of the last attempt */
  last_status: number | null;
  last_error: string | null;
  /** RFC 3339 in UTC with microseconds */
  created_at: string;
  delivered_at: string | null;
};

export type DeliveryAccepted = {
  /** UUIDv7 in lower-case text */
  delivery_id: string;
  /** UUIDv7 in lower-case text */
  event_id: string;
};

export type DeliveryPage = {
  items: Array<Delivery>;
  next_cursor: string | null;
};

export type ErrorCode = "invalid_json" | "validation_failed" | "malformed_request" | "unauthenticated" | "insufficient_scope" | "address_not_allowed" | "not_found" | "method_not_allowed" | "request_timeout" | "external_id_conflict" | "idempotency_conflict" | "idempotency_in_flight" | "pack_not_ready" | "delivery_in_flight" | "body_too_large" | "unsupported_media_type" | "unprocessable" | "url_refused" | "headers_too_large" | "internal" | "coding_not_implemented" | "dependency_unavailable";

export type EvidenceDownload = {
  artifacts: Array<{
    name: ArtifactName;
    url: string;
    /** SHA-256 in lower-case hex */
    sha256: string;
    size_bytes: number;
  }>;
  /** RFC 3339 in UTC with microseconds */
  expires_at: string;
};

export type EvidencePack = {
  /** UUIDv7 in lower-case text */
  id: string;
  /** UUIDv7 in lower-case text */
  upload_id: string;
  status: "pending" | "ready" | "failed";
  artifacts: Array<{
    name: ArtifactName;
    storage_key: string;
    /** SHA-256 in lower-case hex */
    sha256: string;
    size_bytes: number;
  }>;
  error?: string | undefined;
};

export type EvidencePackAccepted = {
  /** UUIDv7 in lower-case text */
  id: string;
  status: "pending";
};

export type EvidencePackCreate = {
  /** UUIDv7 in lower-case text */
  upload_id: string;
};

export type FeatureName = "account_age_days" | "upload_velocity_24h" | "device_velocity_24h" | "account_prior_quarantine_count" | "account_prior_reject_count" | "pvid_prior_quarantine_count" | "pvid_prior_reject_count";

export type Features = {
  account_age_days: number;
  upload_velocity_24h: number;
  device_velocity_24h: number;
  account_prior_quarantine_count: number;
  account_prior_reject_count: number;
  pvid_prior_quarantine_count: number;
  pvid_prior_reject_count: number;
};

export type IngestReply = {
  /** UUIDv7 in lower-case text */
  upload_id: string;
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  decision: Decision;
  reasons: Array<Reason>;
  risk_score: number;
  anomaly_score: number;
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  ledger: LedgerRef;
  correlation_id: string;
  /** RFC 3339 in UTC with microseconds */
  received_at: string;
};

export type IngestRequest = {
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  account: {
    /** The caller's identifier of an account or a device. Encrypted at rest, never published. */
    external_id: string;
    /** Since when the account exists, not in the future. Another value in a later upload corrects it, and the ledger says so */
    created_at?: string | undefined;
  };
  device?: {
    /** The caller's identifier of an account or a device. Encrypted at rest, never published. */
    external_id: string;
  } | undefined;
  content: Content;
  /** The version to decide by; the newest version of `default` where none is given */
  policy_id?: string | undefined;
  /** Kept encrypted under the account's key; it takes no part in the decision */
  metadata?: Record<string, string | number | boolean | null> | undefined;
};

export type Jwk = {
  kty: "RSA";
  n: string;
  e: string;
  alg: "PS256";
  use: "sig";
  /** RFC 7638 thumbprint */
  kid: string;
};

export type Jwks = {
  keys: Array<Jwk>;
};

export type LedgerEvent = {
  sequence: number;
  /** UUIDv7 in lower-case text */
  event_id: string;
  event_type: LedgerEventType;
  /** RFC 3339 in UTC with microseconds */
  event_timestamp: string;
  /** The exact text that was hashed (RFC 8785) */
  canonical_event_json: string;
  /** SHA-256 in lower-case hex */
  event_hash: string;
  /** SHA-256 in lower-case hex */
  prev_hash: string;
};

export type LedgerEventPage = {
  items: Array<LedgerEvent>;
  next_cursor: string | null;
};

export type LedgerEventType = "decision.created" | "evidence.ready" | "policy.created" | "model.loaded" | "account.corrected";

export type LedgerRef = {
  sequence: number;
  /** SHA-256 in lower-case hex */
  event_hash: string;
};

export type LedgerVerification = {
  valid: boolean;
  events: number;
  first_bad_sequence: number | null;
  reason: string | null;
};

export type ModelKind = "risk" | "anomaly";

export type ModelStatus = {
  kind: ModelKind;
  version: string;
  /** SHA-256 in lower-case hex */
  sha256: string;
  /** RFC 3339 in UTC with microseconds */
  loaded_at: string;
  /** Your policies that name this version */
  policies: Array<PolicyRef>;
};

export type ModelsStatus = {
  models: Array<ModelStatus>;
};

export type Policy = {
  /** UUIDv7 in lower-case text */
  id: string;
  name: string;
  version: number;
  document: PolicyDocument;
  /** SHA-256 of the document's canonical text */
  sha256: string;
  /** RFC 3339 in UTC with microseconds */
  created_at: string;
};

export type PolicyCreate = {
  name: string;
  document: {
    rules: Array<{
      name: string;
      when: {
        input: "account_age_days" | "upload_velocity_24h" | "device_velocity_24h" | "account_prior_quarantine_count" | "account_prior_reject_count" | "pvid_prior_quarantine_count" | "pvid_prior_reject_count" | "risk_score" | "anomaly_score" | "size_bytes";
        op: "lt" | "lte" | "gt" | "gte" | "eq" | "ne";
        value: number;
      } | {
        input: "media_type";
        op: "eq" | "ne";
        /** type/subtype in lower case, without parameters */
        value: string;
      } | {
        input: "media_type";
        op: "in";
        value: Array<string>;
      };
      then: "review" | "quarantine" | "reject";
      detail?: string | undefined;
    }>;
    thresholds: {
      risk: {
        review: number;
        quarantine: number;
        reject: number;
      };
      anomaly: {
        review: number;
        quarantine: number;
      };
    };
    risk_model_version: string;
    anomaly_model_version: string;
  };
};

export type PolicyDocument = {
  rules: Array<{
    name: string;
    when: {
      input: "account_age_days" | "upload_velocity_24h" | "device_velocity_24h" | "account_prior_quarantine_count" | "account_prior_reject_count" | "pvid_prior_quarantine_count" | "pvid_prior_reject_count" | "risk_score" | "anomaly_score" | "size_bytes";
      op: "lt" | "lte" | "gt" | "gte" | "eq" | "ne";
      value: number;
    } | {
      input: "media_type";
      op: "eq" | "ne";
      /** type/subtype in lower case, without parameters */
      value: string;
    } | {
      input: "media_type";
      op: "in";
      value: Array<string>;
    };
    then: "review" | "quarantine" | "reject";
    detail?: string | undefined;
  }>;
  thresholds: {
    risk: {
      review: number;
      quarantine: number;
      reject: number;
    };
    anomaly: {
      review: number;
      quarantine: number;
    };
  };
  risk_model_version: string;
  anomaly_model_version: string;
};

export type PolicyPage = {
  items: Array<Policy>;
  next_cursor: string | null;
};

export type PolicyRef = {
  /** UUIDv7 in lower-case text */
  id: string;
  version: number;
};

export type Problem = {
  /** The error's page */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The request id */
  instance: string;
  error: ErrorCode;
  errors?: Array<{
    /** JSON Pointer (RFC 6901) */
    pointer: string;
    message: string;
  }> | undefined;
};

export type Reason = {
  rule: string;
  input: string;
  detail: string;
};

export type TenantScope = "ingest:write" | "ingest:read" | "reviews:write" | "validate:write" | "validate:read" | "policies:read" | "policies:write" | "evidence:write" | "evidence:read" | "webhooks:write" | "webhooks:read" | "certificates:read" | "ledger:read" | "models:read" | "audit:read" | "privacy:write";

export type Upload = {
  /** UUIDv7 in lower-case text */
  upload_id: string;
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  decision: Decision;
  reasons: Array<Reason>;
  risk_score: number;
  anomaly_score: number;
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  ledger: LedgerRef;
  correlation_id: string;
  /** RFC 3339 in UTC with microseconds */
  received_at: string;
  content: {
    /** SHA-256 in lower-case hex */
    sha256: string;
    pvid: string;
    media_type: string;
    size_bytes: number | null;
  };
  inputs: DecisionInputs;
};

export type UploadPage = {
  items: Array<UploadSummary>;
  next_cursor: string | null;
};

export type UploadSummary = {
  /** UUIDv7 in lower-case text */
  upload_id: string;
  /** The caller's own reference. It is signed and published in proofs: it must not be personal data. */
  external_id: string;
  decision: Decision;
  reasons: Array<Reason>;
  risk_score: number;
  anomaly_score: number;
  /** UUIDv7 in lower-case text */
  certificate_id: string;
  ledger: LedgerRef;
  correlation_id: string;
  /** RFC 3339 in UTC with microseconds */
  received_at: string;
  content: {
    /** SHA-256 in lower-case hex */
    sha256: string;
    pvid: string;
    media_type: string;
    size_bytes: number | null;
  };
};

export type Webhook = {
  /** UUIDv7 in lower-case text */
  id: string;
  url: string;
  events: Array<"decision.created" | "evidence.ready" | "evidence.failed" | "webhook.disabled">;
  description: string | null;
  is_active: boolean;
  disabled_reason: string | null;
  /** RFC 3339 in UTC with microseconds */
  created_at: string;
};

export type WebhookCreate = {
  url: string;
  events: Array<"decision.created" | "evidence.ready" | "evidence.failed" | "webhook.disabled">;
  description?: string | undefined;
};

export type WebhookCreated = {
  /** UUIDv7 in lower-case text */
  id: string;
  url: string;
  events: Array<"decision.created" | "evidence.ready" | "evidence.failed" | "webhook.disabled">;
  description: string | null;
  is_active: boolean;
  disabled_reason: string | null;
  /** RFC 3339 in UTC with microseconds */
  created_at: string;
  /** Shown once. null where a stored reply is repeated for an Idempotency-Key. */
  secret: string | null;
};

export type WebhookEvent = {
  /** UUIDv7 in lower-case text */
  id: string;
  type: WebhookEventType;
  /** RFC 3339 in UTC with microseconds */
  created_at: string;
  /** UUIDv7 in lower-case text */
  tenant_id: string;
  data: Record<string, unknown>;
};

export type WebhookEventType = "decision.created" | "evidence.ready" | "evidence.failed" | "webhook.disabled" | "webhook.test";

export type WebhookPage = {
  items: Array<Webhook>;
  next_cursor: string | null;
};

export type WebhookRotateSecret = {
  /** How long both secrets sign */
  overlap_seconds?: number | undefined;
};

export type WebhookSecretRotated = {
  /** UUIDv7 in lower-case text */
  id: string;
  /** Shown once. null where a stored reply is repeated for an Idempotency-Key. */
  secret: string | null;
  /** RFC 3339 in UTC with microseconds */
  old_secret_retires_at: string;
};

export type WebhookUpdate = {
  url?: string | undefined;
  events?: Array<"decision.created" | "evidence.ready" | "evidence.failed" | "webhook.disabled"> | undefined;
  description?: string | undefined;
  is_active?: boolean | undefined;
};

export type WhoAmI = {
  /** UUIDv7 in lower-case text */
  tenant_id: string;
  /** UUIDv7 in lower-case text */
  key_id: string;
  key_prefix: string;
  name: string;
  scopes: Array<TenantScope>;
  expires_at: string | null;
};
