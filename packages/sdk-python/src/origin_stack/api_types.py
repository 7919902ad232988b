"""What the API takes and gives. Made by ./stack reference from packages/contract."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict


ArtifactName: TypeAlias = Literal["pack.zip", "report.pdf", "evidence.json"]


class Certificate(TypedDict):
    # UUIDv7 in lower-case text
    certificate_id: str
    jws: str
    key_id: str
    alg: Literal["PS256"]
    signature: str
    signature_encoding: Literal["base64url"]
    payload: CertificatePayload


CertificatePayload: TypeAlias = "CertificatePayloadV1 | CertificatePayloadV2"


class CertificatePayloadV1Models(TypedDict):
    risk: str
    anomaly: str


class CertificatePayloadV1(TypedDict):
    v: Literal[1]
    # UUIDv7 in lower-case text
    certificate_id: str
    # UUIDv7 in lower-case text
    tenant_id: str
    # UUIDv7 in lower-case text
    upload_id: str
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    decision: Decision
    # SHA-256 in lower-case hex
    content_sha256: str
    # SHA-256 in lower-case hex
    inputs_sha256: str
    # RFC 3339 in UTC with microseconds
    issued_at: str
    policy: PolicyRef
    models: CertificatePayloadV1Models


class CertificatePayloadV2Policy(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    version: int
    # Of the policy document's canonical text
    sha256: str


class CertificatePayloadV2Models(TypedDict):
    risk: CertifiedModel
    anomaly: CertifiedModel


class CertificatePayloadV2(TypedDict):
    v: Literal[2]
    # UUIDv7 in lower-case text
    certificate_id: str
    # UUIDv7 in lower-case text
    tenant_id: str
    # UUIDv7 in lower-case text
    upload_id: str
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    decision: Decision
    # SHA-256 in lower-case hex
    content_sha256: str
    # SHA-256 in lower-case hex
    inputs_sha256: str
    # RFC 3339 in UTC with microseconds
    issued_at: str
    policy: CertificatePayloadV2Policy
    models: CertificatePayloadV2Models
    # Of the canonical text of decision, reasons, risk_score, anomaly_score
    outcome_sha256: str


class CertifiedModel(TypedDict):
    version: str
    # Of the artifact's bytes
    sha256: str


class _ContentSha256(TypedDict):
    # SHA-256 in lower-case hex
    sha256: str
    # type/subtype in lower case, without parameters
    media_type: str


class ContentSha256(_ContentSha256, total=False):
    size_bytes: int
    # The content's stable fingerprint; `sha256:<content hash>` where none is given
    pvid: str


class _ContentText(TypedDict):
    text: str
    # type/subtype in lower case, without parameters
    media_type: str


class ContentText(_ContentText, total=False):
    size_bytes: int
    # The content's stable fingerprint; `sha256:<content hash>` where none is given
    pvid: str


class _ContentBase64(TypedDict):
    base64: str
    # type/subtype in lower case, without parameters
    media_type: str


class ContentBase64(_ContentBase64, total=False):
    size_bytes: int
    # The content's stable fingerprint; `sha256:<content hash>` where none is given
    pvid: str


Content: TypeAlias = "ContentSha256 | ContentText | ContentBase64"


Decision: TypeAlias = Literal["allow", "review", "quarantine", "reject"]


class DecisionInputsFeatures(TypedDict):
    account_age_days: float
    upload_velocity_24h: int
    device_velocity_24h: int
    account_prior_quarantine_count: int
    account_prior_reject_count: int
    pvid_prior_quarantine_count: int
    pvid_prior_reject_count: int


class DecisionInputsModels(TypedDict):
    risk: str
    anomaly: str


class DecisionInputs(TypedDict):
    v: Literal[1]
    # SHA-256 in lower-case hex
    account_commitment: str
    device_commitment: str | None
    # SHA-256 in lower-case hex
    content_sha256: str
    pvid: str
    media_type: str
    size_bytes: int | None
    features: DecisionInputsFeatures
    policy: PolicyRef
    models: DecisionInputsModels


class Delivery(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    # UUIDv7 in lower-case text
    event_id: str
    event_type: WebhookEventType
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: str | None
    # HTTP status of the last attempt
    last_status: int | None
    last_error: str | None
    # RFC 3339 in UTC with microseconds
    created_at: str
    delivered_at: str | None


class DeliveryAccepted(TypedDict):
    # UUIDv7 in lower-case text
    delivery_id: str
    # UUIDv7 in lower-case text
    event_id: str


class DeliveryPage(TypedDict):
    items: list[Delivery]
    next_cursor: str | None


ErrorCode: TypeAlias = Literal[
    "invalid_json",
    "validation_failed",
    "malformed_request",
    "unauthenticated",
    "insufficient_scope",
    "address_not_allowed",
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "external_id_conflict",
    "idempotency_conflict",
    "idempotency_in_flight",
    "pack_not_ready",
    "delivery_in_flight",
    "body_too_large",
    "unsupported_media_type",
    "unprocessable",
    "url_refused",
    "headers_too_large",
    "internal",
    "coding_not_implemented",
    "dependency_unavailable",
]


class EvidenceDownloadArtifactsItem(TypedDict):
    name: ArtifactName
    url: str
    # SHA-256 in lower-case hex
    sha256: str
    size_bytes: int


class EvidenceDownload(TypedDict):
    artifacts: list[EvidenceDownloadArtifactsItem]
    # RFC 3339 in UTC with microseconds
    expires_at: str


class EvidencePackArtifactsItem(TypedDict):
    name: ArtifactName
    storage_key: str
    # SHA-256 in lower-case hex
    sha256: str
    size_bytes: int


class _EvidencePack(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    # UUIDv7 in lower-case text
    upload_id: str
    status: Literal["pending", "ready", "failed"]
    artifacts: list[EvidencePackArtifactsItem]


class EvidencePack(_EvidencePack, total=False):
    error: str


class EvidencePackAccepted(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    status: Literal["pending"]


class EvidencePackCreate(TypedDict):
    # UUIDv7 in lower-case text
    upload_id: str


FeatureName: TypeAlias = Literal[
    "account_age_days",
    "upload_velocity_24h",
    "device_velocity_24h",
    "account_prior_quarantine_count",
    "account_prior_reject_count",
    "pvid_prior_quarantine_count",
    "pvid_prior_reject_count",
]


class Features(TypedDict):
    account_age_days: float
    upload_velocity_24h: float
    device_velocity_24h: float
    account_prior_quarantine_count: float
    account_prior_reject_count: float
    pvid_prior_quarantine_count: float
    pvid_prior_reject_count: float


class IngestReply(TypedDict):
    # UUIDv7 in lower-case text
    upload_id: str
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    decision: Decision
    reasons: list[Reason]
    risk_score: float
    anomaly_score: float
    # UUIDv7 in lower-case text
    certificate_id: str
    ledger: LedgerRef
    correlation_id: str
    # RFC 3339 in UTC with microseconds
    received_at: str


class _IngestRequestAccount(TypedDict):
    # The caller's identifier of an account or a device. Encrypted at rest, never published.
    external_id: str


class IngestRequestAccount(_IngestRequestAccount, total=False):
    # Since when the account exists, not in the future. Another value in a later upload corrects it, and the ledger says so
    created_at: str


class IngestRequestDevice(TypedDict):
    # The caller's identifier of an account or a device. Encrypted at rest, never published.
    external_id: str


class _IngestRequest(TypedDict):
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    account: IngestRequestAccount
    content: Content


class IngestRequest(_IngestRequest, total=False):
    device: IngestRequestDevice
    # The version to decide by; the newest version of `default` where none is given
    policy_id: str
    # Kept encrypted under the account's key; it takes no part in the decision
    metadata: dict[str, str | float | bool | None]


class Jwk(TypedDict):
    kty: Literal["RSA"]
    n: str
    e: str
    alg: Literal["PS256"]
    use: Literal["sig"]
    # RFC 7638 thumbprint
    kid: str


class Jwks(TypedDict):
    keys: list[Jwk]


class LedgerEvent(TypedDict):
    sequence: int
    # UUIDv7 in lower-case text
    event_id: str
    event_type: LedgerEventType
    # RFC 3339 in UTC with microseconds
    event_timestamp: str
    # The exact text that was hashed (RFC 8785)
    canonical_event_json: str
    # SHA-256 in lower-case hex
    event_hash: str
    # SHA-256 in lower-case hex
    prev_hash: str


class LedgerEventPage(TypedDict):
    items: list[LedgerEvent]
    next_cursor: str | None


LedgerEventType: TypeAlias = Literal[
    "decision.created",
    "evidence.ready",
    "policy.created",
    "model.loaded",
    "account.corrected",
]


class LedgerRef(TypedDict):
    sequence: int
    # SHA-256 in lower-case hex
    event_hash: str


class LedgerVerification(TypedDict):
    valid: bool
    events: int
    first_bad_sequence: int | None
    reason: str | None


ModelKind: TypeAlias = Literal["risk", "anomaly"]


class ModelStatus(TypedDict):
    kind: ModelKind
    version: str
    # SHA-256 in lower-case hex
    sha256: str
    # RFC 3339 in UTC with microseconds
    loaded_at: str
    # Your policies that name this version
    policies: list[PolicyRef]


class ModelsStatus(TypedDict):
    models: list[ModelStatus]


class Policy(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    name: str
    version: int
    document: PolicyDocument
    # SHA-256 of the document's canonical text
    sha256: str
    # RFC 3339 in UTC with microseconds
    created_at: str


class PolicyCreateDocumentRulesItemWhen1(TypedDict):
    input: Literal["account_age_days", "upload_velocity_24h", "device_velocity_24h", "account_prior_quarantine_count", "account_prior_reject_count", "pvid_prior_quarantine_count", "pvid_prior_reject_count", "risk_score", "anomaly_score", "size_bytes"]
    op: Literal["lt", "lte", "gt", "gte", "eq", "ne"]
    value: float


class PolicyCreateDocumentRulesItemWhen2(TypedDict):
    input: Literal["media_type"]
    op: Literal["eq", "ne"]
    # type/subtype in lower case, without parameters
    value: str


class PolicyCreateDocumentRulesItemWhen3(TypedDict):
    input: Literal["media_type"]
    op: Literal["in"]
    value: list[str]


class _PolicyCreateDocumentRulesItem(TypedDict):
    name: str
    when: PolicyCreateDocumentRulesItemWhen1 | PolicyCreateDocumentRulesItemWhen2 | PolicyCreateDocumentRulesItemWhen3
    then: Literal["review", "quarantine", "reject"]


class PolicyCreateDocumentRulesItem(_PolicyCreateDocumentRulesItem, total=False):
    detail: str


class PolicyCreateDocumentThresholdsRisk(TypedDict):
    review: float
    quarantine: float
    reject: float


class PolicyCreateDocumentThresholdsAnomaly(TypedDict):
    review: float
    quarantine: float


class PolicyCreateDocumentThresholds(TypedDict):
    risk: PolicyCreateDocumentThresholdsRisk
    anomaly: PolicyCreateDocumentThresholdsAnomaly


class PolicyCreateDocument(TypedDict):
    rules: list[PolicyCreateDocumentRulesItem]
    thresholds: PolicyCreateDocumentThresholds
    risk_model_version: str
    anomaly_model_version: str


class PolicyCreate(TypedDict):
    name: str
    document: PolicyCreateDocument


class PolicyDocumentRulesItemWhen1(TypedDict):
    input: Literal["account_age_days", "upload_velocity_24h", "device_velocity_24h", "account_prior_quarantine_count", "account_prior_reject_count", "pvid_prior_quarantine_count", "pvid_prior_reject_count", "risk_score", "anomaly_score", "size_bytes"]
    op: Literal["lt", "lte", "gt", "gte", "eq", "ne"]
    value: float


class PolicyDocumentRulesItemWhen2(TypedDict):
    input: Literal["media_type"]
    op: Literal["eq", "ne"]
    # type/subtype in lower case, without parameters
    value: str


class PolicyDocumentRulesItemWhen3(TypedDict):
    input: Literal["media_type"]
    op: Literal["in"]
    value: list[str]


class _PolicyDocumentRulesItem(TypedDict):
    name: str
    when: PolicyDocumentRulesItemWhen1 | PolicyDocumentRulesItemWhen2 | PolicyDocumentRulesItemWhen3
    then: Literal["review", "quarantine", "reject"]


class PolicyDocumentRulesItem(_PolicyDocumentRulesItem, total=False):
    detail: str


class PolicyDocumentThresholdsRisk(TypedDict):
    review: float
    quarantine: float
    reject: float


class PolicyDocumentThresholdsAnomaly(TypedDict):
    review: float
    quarantine: float


class PolicyDocumentThresholds(TypedDict):
    risk: PolicyDocumentThresholdsRisk
    anomaly: PolicyDocumentThresholdsAnomaly


class PolicyDocument(TypedDict):
    rules: list[PolicyDocumentRulesItem]
    thresholds: PolicyDocumentThresholds
    risk_model_version: str
    anomaly_model_version: str


class PolicyPage(TypedDict):
    items: list[Policy]
    next_cursor: str | None


class PolicyRef(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    version: int


class ProblemErrorsItem(TypedDict):
    # JSON Pointer (RFC 6901)
    pointer: str
    message: str


class _Problem(TypedDict):
    # The error's page
    type: str
    title: str
    status: int
    detail: str
    # The request id
    instance: str
    error: ErrorCode


class Problem(_Problem, total=False):
    errors: list[ProblemErrorsItem]


class Reason(TypedDict):
    rule: str
    input: str
    detail: str


TenantScope: TypeAlias = Literal[
    "ingest:write",
    "ingest:read",
    "reviews:write",
    "validate:write",
    "validate:read",
    "policies:read",
    "policies:write",
    "evidence:write",
    "evidence:read",
    "webhooks:write",
    "webhooks:read",
    "certificates:read",
    "ledger:read",
    "models:read",
    "audit:read",
    "privacy:write",
]


class UploadContent(TypedDict):
    # SHA-256 in lower-case hex
    sha256: str
    pvid: str
    media_type: str
    size_bytes: int | None


class Upload(TypedDict):
    # UUIDv7 in lower-case text
    upload_id: str
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    decision: Decision
    reasons: list[Reason]
    risk_score: float
    anomaly_score: float
    # UUIDv7 in lower-case text
    certificate_id: str
    ledger: LedgerRef
    correlation_id: str
    # RFC 3339 in UTC with microseconds
    received_at: str
    content: UploadContent
    inputs: DecisionInputs


class UploadPage(TypedDict):
    items: list[UploadSummary]
    next_cursor: str | None


class UploadSummaryContent(TypedDict):
    # SHA-256 in lower-case hex
    sha256: str
    pvid: str
    media_type: str
    size_bytes: int | None


class UploadSummary(TypedDict):
    # UUIDv7 in lower-case text
    upload_id: str
    # The caller's own reference. It is signed and published in proofs: it must not be personal data.
    external_id: str
    decision: Decision
    reasons: list[Reason]
    risk_score: float
    anomaly_score: float
    # UUIDv7 in lower-case text
    certificate_id: str
    ledger: LedgerRef
    correlation_id: str
    # RFC 3339 in UTC with microseconds
    received_at: str
    content: UploadSummaryContent


class Webhook(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    url: str
    events: list[Literal["decision.created", "evidence.ready", "evidence.failed", "webhook.disabled"]]
    description: str | None
    is_active: bool
    disabled_reason: str | None
    # RFC 3339 in UTC with microseconds
    created_at: str


class _WebhookCreate(TypedDict):
    url: str
    events: list[Literal["decision.created", "evidence.ready", "evidence.failed", "webhook.disabled"]]


class WebhookCreate(_WebhookCreate, total=False):
    description: str


class WebhookCreated(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    url: str
    events: list[Literal["decision.created", "evidence.ready", "evidence.failed", "webhook.disabled"]]
    description: str | None
    is_active: bool
    disabled_reason: str | None
    # RFC 3339 in UTC with microseconds
    created_at: str
    # Shown once. null where a stored reply is repeated for an Idempotency-Key.
    secret: str | None


class WebhookEvent(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    type: WebhookEventType
    # RFC 3339 in UTC with microseconds
    created_at: str
    # UUIDv7 in lower-case text
    tenant_id: str
    data: dict[str, Any]


WebhookEventType: TypeAlias = Literal[
    "decision.created",
    "evidence.ready",
    "evidence.failed",
    "webhook.disabled",
    "webhook.test",
]


class WebhookPage(TypedDict):
    items: list[Webhook]
    next_cursor: str | None


class WebhookRotateSecret(TypedDict, total=False):
    # How long both secrets sign
    overlap_seconds: int


class WebhookSecretRotated(TypedDict):
    # UUIDv7 in lower-case text
    id: str
    # Shown once. null where a stored reply is repeated for an Idempotency-Key.
    secret: str | None
    # RFC 3339 in UTC with microseconds
    old_secret_retires_at: str


class WebhookUpdate(TypedDict, total=False):
    url: str
    events: list[Literal["decision.created", "evidence.ready", "evidence.failed", "webhook.disabled"]]
    description: str
    is_active: bool


class WhoAmI(TypedDict):
    # UUIDv7 in lower-case text
    tenant_id: str
    # UUIDv7 in lower-case text
    key_id: str
    key_prefix: str
    name: str
    scopes: list[TenantScope]
    expires_at: str | None
