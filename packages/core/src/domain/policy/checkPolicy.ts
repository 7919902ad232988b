import { DECISIONS, type PolicyDocument } from '@origin-stack/contract/policies';
import { DomainError, type FieldError } from '../domainError.ts';

const KINDS = ['risk', 'anomaly'] as const;

/** What the engine itself calls its reasons: a rule of such a name could not be told from it. */
const ENGINE_NAMES = new Set([
  'default',
  ...KINDS.flatMap((kind) => DECISIONS.map((decision) => `${kind}.${decision}`)),
]);

/**
 * Refuses a document whose parts contradict each other, which no schema can say. Throws `unprocessable` with a pointer
 * into the request for each: a threshold above a more severe one, a name that an earlier rule has, a name of the engine's.
 */
export function checkPolicy(document: PolicyDocument): void {
  const errors = [...KINDS.flatMap((kind) => invertedThresholds(document, kind)), ...wrongNames(document)];
  if (errors.length > 0) throw new DomainError('unprocessable', 'The policy contradicts itself.', { errors });
}

function invertedThresholds({ thresholds }: PolicyDocument, kind: (typeof KINDS)[number]): FieldError[] {
  const limits: Partial<Record<string, number>> = thresholds[kind];
  const named = DECISIONS.filter((decision) => limits[decision] !== undefined);
  return named.flatMap((decision, index) => {
    const next = named[index + 1];
    if (next === undefined || Number(limits[decision]) <= Number(limits[next])) return [];
    const pointer = `/document/thresholds/${kind}/${decision}`;
    return [{ pointer, message: `must not be above ${next}, which is ${limits[next]}` }];
  });
}

function wrongNames({ rules }: PolicyDocument): FieldError[] {
  const places = new Map<string, number>();
  return rules.flatMap(({ name }, index) => {
    const pointer = `/document/rules/${index}/name`;
    const first = places.get(name);
    if (first === undefined) places.set(name, index);
    else return [{ pointer, message: `is the name of rule ${first}, too` }];
    return ENGINE_NAMES.has(name)
      ? [{ pointer, message: 'is a name that the engine gives its own reasons' }]
      : [];
  });
}
