import type { Reason } from '@origin-stack/contract/ingest';
import type { Decision } from '@origin-stack/contract/policies';
import { canonicalJson } from '../canonicalJson.ts';

/** What was decided and why, as the reply to the ingest gives it. */
export type Outcome = {
  decision: Decision;
  reasons: readonly Reason[];
  risk_score: number;
  anomaly_score: number;
};

/** The canonical text whose SHA-256 a certificate of version 2 holds as `outcome_sha256`. Other members are ignored. */
export function outcomeText({ decision, reasons, risk_score, anomaly_score }: Outcome): string {
  const told = reasons.map(({ rule, input, detail }) => ({ rule, input, detail }));
  return canonicalJson({ decision, reasons: told, risk_score, anomaly_score });
}
