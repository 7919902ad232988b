import type { PolicyDocument } from '@origin-stack/contract/policies';
import { parseCanonicalObject } from '../parseCanonicalObject.ts';
import { featureNames } from './featureNames.ts';
import { list, number, object, oneOf, type Shape, ShapeError, someText } from './shape.ts';

export type PolicyRule = PolicyDocument['rules'][number];
type Condition = PolicyRule['when'];
type NumericCondition = Exclude<Condition, { input: 'media_type' }>;
type MediaTypesCondition = Extract<Condition, { op: 'in' }>;
type MediaTypeCondition = Exclude<Condition, NumericCondition | MediaTypesCondition>;

const numeric = object<NumericCondition>({
  input: oneOf(...featureNames, 'risk_score', 'anomaly_score', 'size_bytes'),
  op: oneOf('lt', 'lte', 'gt', 'gte', 'eq', 'ne'),
  value: number(),
});
const mediaType = object<MediaTypeCondition>({
  input: oneOf('media_type'),
  op: oneOf('eq', 'ne'),
  value: someText,
});
const mediaTypes = object<MediaTypesCondition>({
  input: oneOf('media_type'),
  op: oneOf('in'),
  value: list(someText),
});

const condition: Shape<Condition> = (value, at) => {
  const { input, op } = Object(value);
  if (input !== 'media_type') return numeric(value, at);
  return op === 'in' ? mediaTypes(value, at) : mediaType(value, at);
};

const anyText: Shape<string> = (value, at) => (value === '' ? value : someText(value, at));
const rule = object<Omit<PolicyRule, 'detail'>, { detail: string }>(
  // biome-ignore lint/suspicious/noThenProperty: the policy's own word for an outcome
  { name: someText, when: condition, then: oneOf('review', 'quarantine', 'reject') },
  { detail: anyText },
);

type Thresholds = PolicyDocument['thresholds'];
const score = number({ min: 0, max: 1 });

const document = object<PolicyDocument>({
  rules: list(rule),
  thresholds: object<Thresholds>({
    risk: object<Thresholds['risk']>({ review: score, quarantine: score, reject: score }),
    anomaly: object<Thresholds['anomaly']>({ review: score, quarantine: score }),
  }),
  risk_model_version: someText,
  anomaly_model_version: someText,
});

/**
 * Reads the canonical text of a policy document. Takes whatever can be evaluated, also what the service no longer accepts.
 * Throws a `ShapeError` that names the first fault.
 */
export function readPolicyDocument(bytes: Uint8Array): PolicyDocument {
  const value = parseCanonicalObject(bytes);
  if (value === null) throw new ShapeError('/: the policy is not canonical text');
  return document(value, '');
}
