import type { CertificatePayload, Jwks } from '@origin-stack/contract/certificates';
import type { DecisionInputs, IngestReply } from '@origin-stack/contract/ingest';

/** An event of the upload as the ledger stores it: the exact text and its hash. */
export type StoredLedgerEvent = { canonical_event_json: string; event_hash: string };

/**
 * Everything that an evidence pack is made of: plain data that a worker thread can be handed. The same input gives the same
 * bytes, so what changes with time (the JWKS) is a snapshot that the pack's row keeps.
 */
export type EvidenceInput = {
  pack_id: string;
  upload_id: string;
  tenant_id: string;
  certificate: { id: string; jws: string; kid: string; payload: CertificatePayload };
  jwks: Jwks;
  /** The ingest reply. */
  decision: IngestReply;
  /** `decision_inputs_json` */
  inputs: DecisionInputs;
  ledgerEvents: StoredLedgerEvent[];
  /** What decided: texts whose hashes a certificate of version 2 holds; absent where it is of version 1. */
  decidedBy?: { policy: string; risk: string; anomaly: string };
};
