import type { DecisionInputs, Reason } from '@origin-stack/contract/ingest';
import type { Features, PolicyDocument } from '@origin-stack/contract/policies';
import { canonicalJson } from '../canonicalJson.ts';
import { evaluatePolicy } from './evaluatePolicy.ts';
import { featureNames } from './featureNames.ts';
import type { Outcome } from './outcomeText.ts';
import type { ScoringModel } from './readModel.ts';
import { integer, list, number, object, oneOf, type Shape, someText } from './shape.ts';

/** What decides: a policy and the two models that it names. */
export type Decider = { policy: PolicyDocument; risk: ScoringModel; anomaly: ScoringModel };

/** The inputs that a decision depends on. */
export type DecidedOn = Pick<DecisionInputs, 'features' | 'media_type' | 'size_bytes'>;

/**
 * Decides again and says in words what comes out otherwise than it was stated; nothing where all is as stated.
 *
 * Scores are compared to one in the sixth decimal, the last that they have: `exp` and `log1p` differ between platforms in
 * their last bit, and a score that lies between two decimals may be rounded to either. Reasons and decision follow from the
 * stated scores, and must be exactly the stated ones.
 */
export function decideAgain(on: DecidedOn, { policy, risk, anomaly }: Decider, stated: Outcome): string[] {
  const differences: string[] = [];
  for (const [name, model] of Object.entries({ risk_score: risk, anomaly_score: anomaly })) {
    const again = model.score(on.features);
    const said = stated[name as 'risk_score' | 'anomaly_score'];
    if (!isSameScore(again, said)) differences.push(`${name} comes out as ${again}, not ${said}`);
  }
  const again = evaluatePolicy({
    document: policy,
    features: on.features,
    riskScore: stated.risk_score,
    anomalyScore: stated.anomaly_score,
    mediaType: on.media_type,
    sizeBytes: on.size_bytes,
  });
  if (again.decision !== stated.decision) {
    differences.push(`decision comes out as ${again.decision}, not ${stated.decision}`);
  }
  if (canonicalJson(again.reasons) !== canonicalJson([...stated.reasons])) {
    differences.push(`reasons come out as ${rulesOf(again.reasons)}, not ${rulesOf(stated.reasons)}`);
  }
  return differences;
}

const millionths = (score: number) => Math.round(score * 1e6);

function isSameScore(again: number, said: number): boolean {
  const isSixDecimals = millionths(said) / 1e6 === said;
  return isSixDecimals && Math.abs(millionths(again) - millionths(said)) <= 1;
}

function rulesOf(reasons: readonly Reason[]): string {
  return reasons.map(({ rule, detail }) => `${rule} (${detail})`).join(', ');
}

const features = object<Features>(
  Object.fromEntries(featureNames.map((name) => [name, number({ min: 0 })])) as Record<
    keyof Features,
    Shape<number>
  >,
);
const sizeBytes: Shape<number | null> = (value, at) => (value === null ? value : integer(0)(value, at));

/** Reads the inputs of a decision out of `decision_inputs_json`. Throws a `ShapeError` that names the first fault. */
export function readDecidedOn(inputs: Record<string, unknown>): DecidedOn {
  return {
    features: features(inputs.features, '/features'),
    media_type: someText(inputs.media_type, '/media_type'),
    size_bytes: sizeBytes(inputs.size_bytes, '/size_bytes'),
  };
}

const score = number({ min: 0, max: 1 });
const reasons = list(object<Reason>({ rule: someText, input: someText, detail: textOf }));

function textOf(value: unknown, at: string): string {
  return value === '' ? '' : someText(value, at);
}

/** Reads the outcome out of an ingest reply. Throws a `ShapeError` that names the first fault. */
export function readOutcome(reply: Record<string, unknown>): Outcome {
  return {
    decision: oneOf('allow', 'review', 'quarantine', 'reject')(reply.decision, '/decision'),
    reasons: reasons(reply.reasons, '/reasons'),
    risk_score: score(reply.risk_score, '/risk_score'),
    anomaly_score: score(reply.anomaly_score, '/anomaly_score'),
  };
}
