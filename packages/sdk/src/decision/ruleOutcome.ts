import type { Fired } from './fired.ts';
import type { PolicyRule } from './policyDocument.ts';
import { mediaEssence, type NamedInputs } from './policyInputs.ts';

type Condition = PolicyRule['when'];
type NumericCondition = Exclude<Condition, { input: 'media_type' }>;
type MediaTypeCondition = Extract<Condition, { input: 'media_type' }>;

const inWords = {
  lt: 'below',
  lte: 'at most',
  gt: 'above',
  gte: 'at least',
  eq: 'equal to',
  ne: 'other than',
};

/**
 * What one rule says about the inputs, or null where it does not fire. A rule on a size that is not known cannot be
 * answered: it asks for review, because "not known" must not be the mildest answer.
 */
export function ruleOutcome(rule: PolicyRule, inputs: NamedInputs): Fired | null {
  const { when } = rule;
  if (when.input === 'media_type') {
    const detail = `media_type is ${inputs.mediaType}, ${mediaTypeWords(when)}`;
    return mediaTypeMatches(when, inputs.mediaType) ? fired(rule, detail) : null;
  }
  const actual = inputs.numbers.get(when.input);
  if (actual === undefined) throw new RangeError(`rule ${rule.name} names an unknown input: ${when.input}`);
  if (actual === null) {
    const detail = `${when.input} is not known, so this rule cannot be answered: review`;
    return { outcome: 'review', reason: { rule: rule.name, input: when.input, detail } };
  }
  if (!compare(actual, when, rule.name)) return null;
  return fired(rule, `${when.input} is ${actual}, ${inWords[when.op]} ${when.value}`);
}

function fired(rule: PolicyRule, facts: string): Fired {
  const detail = rule.detail ?? `${facts}: ${rule.then}`;
  return { outcome: rule.then, reason: { rule: rule.name, input: rule.when.input, detail } };
}

function compare(actual: number, { op, value }: NumericCondition, ruleName: string): boolean {
  if (!Number.isFinite(value)) throw new RangeError(`rule ${ruleName} compares with ${value}`);
  switch (op) {
    case 'lt':
      return actual < value;
    case 'lte':
      return actual <= value;
    case 'gt':
      return actual > value;
    case 'gte':
      return actual >= value;
    case 'eq':
      return actual === value;
    case 'ne':
      return actual !== value;
    default:
      throw new RangeError(`rule ${ruleName} has an unknown operator: ${op satisfies never}`);
  }
}

function mediaTypeMatches(when: MediaTypeCondition, actual: string): boolean {
  switch (when.op) {
    case 'in':
      return when.value.some((value) => mediaEssence(value) === actual);
    case 'eq':
      return mediaEssence(when.value) === actual;
    case 'ne':
      return mediaEssence(when.value) !== actual;
    default:
      throw new RangeError(`media_type has an unknown operator: ${when satisfies never}`);
  }
}

function mediaTypeWords(when: MediaTypeCondition): string {
  return when.op === 'in' ? `one of ${when.value.join(', ')}` : `${inWords[when.op]} ${when.value}`;
}
