import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../test/buildPack.ts';
import { type Decider, decideAgain, readDecidedOn, readOutcome } from './decideAgain.ts';
import { type Outcome, outcomeText } from './outcomeText.ts';
import { readPolicyDocument } from './policyDocument.ts';
import { readModel } from './readModel.ts';

interface Vectors {
  models: { risk: string; anomaly: string };
  cases: {
    name: string;
    policy: string;
    inputs: Record<string, unknown>;
    outcome: Outcome;
    outcome_sha256: string;
  }[];
}

/** Scores by decimals of 50 digits, reasons by hand: vectors/make_decision_vectors.py. */
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../vectors/decision.json', import.meta.url), 'utf8'),
);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const deciderOf = (policy: string): Decider => ({
  policy: readPolicyDocument(bytesOf(policy)),
  risk: readModel(bytesOf(vectors.models.risk)),
  anomaly: readModel(bytesOf(vectors.models.anomaly)),
});

describe('decideAgain', () => {
  test.each(vectors.cases)('comes to what was computed apart from it: $name', (one) => {
    const stated = readOutcome({ ...one.outcome });
    expect(decideAgain(readDecidedOn(one.inputs), deciderOf(one.policy), stated)).toEqual([]);
    const { risk, anomaly } = deciderOf(one.policy);
    const { features } = readDecidedOn(one.inputs);
    expect(risk.score(features)).toBe(one.outcome.risk_score);
    expect(anomaly.score(features)).toBe(one.outcome.anomaly_score);
    expect(sha256(outcomeText(stated))).toBe(one.outcome_sha256);
  });

  const [first] = vectors.cases;
  const outcome = first!.outcome;
  const differences = (change: Partial<Outcome>, inputs: Record<string, unknown> = {}) =>
    decideAgain(readDecidedOn({ ...first!.inputs, ...inputs }), deciderOf(first!.policy), {
      ...outcome,
      ...change,
    }).map((difference) => difference.split(' ')[0]);

  test('names each thing that comes out otherwise', () => {
    const [reason] = outcome.reasons;
    expect(differences({ decision: 'review' })).toEqual(['decision']);
    expect(differences({ reasons: [] })).toEqual(['reasons']);
    expect(differences({ reasons: [{ ...reason!, detail: 'forged' }] })).toEqual(['reasons']);
    expect(differences({ risk_score: 0.1 })).toEqual(['risk_score']);
    expect(differences({ anomaly_score: 0.1 })).toEqual(['anomaly_score']);
    // A score over a threshold also changes what follows from it.
    expect(differences({ risk_score: 0.9 })).toEqual(['risk_score', 'decision', 'reasons']);
    const features = { ...(first!.inputs.features as object), account_age_days: 0 };
    expect(differences({}, { features })).toEqual(['risk_score', 'anomaly_score']);
  });

  test('takes a score that is rounded to the neighbouring sixth decimal, and none further off or finer', () => {
    const { risk_score } = outcome;
    expect(differences({ risk_score: Number((risk_score + 1e-6).toFixed(6)) })).toEqual([]);
    expect(differences({ risk_score: Number((risk_score - 1e-6).toFixed(6)) })).toEqual([]);
    expect(differences({ risk_score: Number((risk_score + 2e-6).toFixed(6)) })).toEqual(['risk_score']);
    expect(differences({ risk_score: risk_score + 1e-7 })).toEqual(['risk_score']);
  });
});

describe('what is read before', () => {
  test('a policy is canonical text of the known shape', () => {
    const { policy } = first();
    const read = (text: string) => () => readPolicyDocument(bytesOf(text));
    expect(read(policy)).not.toThrow();
    expect(read(` ${policy}`)).toThrow('canonical');
    expect(read('{}')).toThrow('/rules: it is missing');
    expect(read(policy.replace('"rules":[]', '"rules":[{"name":"a","then":"allow","when":{}}]'))).toThrow(
      '/rules/0/when/input',
    );
    expect(read(policy.replace('"review":0.9', '"review":2'))).toThrow('/thresholds/anomaly/review');
  });

  test('inputs and outcome are of the known shape', () => {
    const { inputs, outcome } = first();
    expect(() => readDecidedOn({ ...inputs, features: {} })).toThrow('/features/account_age_days');
    expect(() => readDecidedOn({ ...inputs, size_bytes: -1 })).toThrow('/size_bytes');
    expect(() => readDecidedOn({ ...inputs, media_type: undefined })).toThrow('/media_type');
    expect(() => readOutcome({ ...outcome, reasons: [{}] })).toThrow('/reasons/0/rule');
    expect(() => readOutcome({ ...outcome, risk_score: 1.5 })).toThrow('/risk_score');
    expect(() => readOutcome({ ...outcome, decision: 'maybe' })).toThrow('/decision');
  });

  function first() {
    const [one] = vectors.cases;
    if (!one) throw new Error('there are no vectors');
    return one;
  }
});
