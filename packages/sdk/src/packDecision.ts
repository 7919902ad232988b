import type { CertificatePayloadV2 } from '@origin-stack/contract/certificates';
import { type Decider, decideAgain, readDecidedOn, readOutcome } from './decision/decideAgain.ts';
import { outcomeText } from './decision/outcomeText.ts';
import { readPolicyDocument } from './decision/policyDocument.ts';
import { readModel, type ScoringModel } from './decision/readModel.ts';
import { fileOf, type PackFiles, readObject } from './packFiles.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Decision, reasons and scores of `decision.json` are the certified ones. Throws otherwise. */
export async function checkOutcome(files: PackFiles, certificate: CertificatePayloadV2): Promise<string> {
  const outcome = readOutcome(readObject(files, 'decision.json'));
  if ((await sha256Hex(outcomeText(outcome))) !== certificate.outcome_sha256) {
    throw new Error('reasons or scores of decision.json are not the certified ones');
  }
  return certificate.outcome_sha256;
}

/** The policy and the models of the pack, each with the certified hash and of the certified version. Throws otherwise. */
export async function readDecider(files: PackFiles, certificate: CertificatePayloadV2): Promise<Decider> {
  const { policy, models } = certificate;
  const document = readPolicyDocument(await certifiedFile(files, 'policy.json', policy.sha256));
  const decider = {
    policy: document,
    risk: readModel(await certifiedFile(files, 'models/risk.json', models.risk.sha256)),
    anomaly: readModel(await certifiedFile(files, 'models/anomaly.json', models.anomaly.sha256)),
  };
  checkVersion(decider.risk, 'risk', [models.risk.version, document.risk_model_version]);
  checkVersion(decider.anomaly, 'anomaly', [models.anomaly.version, document.anomaly_model_version]);
  return decider;
}

async function certifiedFile(files: PackFiles, name: string, sha256: string): Promise<Uint8Array> {
  const bytes = fileOf(files, name);
  if ((await sha256Hex(bytes)) !== sha256) throw new Error(`${name} is not the certified one`);
  return bytes;
}

function checkVersion({ artifact }: ScoringModel, kind: 'risk' | 'anomaly', named: string[]): void {
  if (artifact.kind !== kind || named.some((version) => version !== artifact.version)) {
    throw new Error(`models/${kind}.json is ${artifact.version}, and ${named.join(' and ')} are named`);
  }
}

/** Scores, reasons and decision come out again as `decision.json` states them. Throws with what differs. */
export function checkDecidedAgain(files: PackFiles, decider: Decider): string {
  const stated = readOutcome(readObject(files, 'decision.json'));
  const differences = decideAgain(readDecidedOn(readObject(files, 'inputs.json')), decider, stated);
  if (differences.length > 0) throw new Error(differences.join('; '));
  return `${stated.decision}, scores ${stated.risk_score} and ${stated.anomaly_score}, ${stated.reasons.length} reason(s)`;
}
