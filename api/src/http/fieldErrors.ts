import type { FieldError } from '@origin-stack/core/domain/domainError';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What is wrong in one place, and whether that speaks for another alternative of a union. */
interface Finding extends FieldError {
  kind: 'missing' | 'unknown' | 'another type' | 'another value' | 'wrong';
}

/**
 * What a schema found wrong in `value`, with a JSON Pointer each. Of a union it is what separates the value from the
 * nearest alternative; where several are equally near, the members or types that tell them apart are named.
 */
export function fieldErrors(issues: readonly Issue[], value: unknown): FieldError[] {
  return findings(issues, value).map(({ pointer, message }) => ({ pointer, message }));
}

function findings(issues: readonly Issue[], value: unknown): Finding[] {
  return issues.flatMap((issue): Finding[] => {
    const pointer = issue.path.map(step).join('');
    const here = valueAt(value, issue.path);
    if (here === undefined && pointer !== '') return [{ pointer, message: 'is missing', kind: 'missing' }];
    if (issue.code === 'invalid_union') {
      const nearest = nearestOf(issue.errors.map((errors) => findings(errors, here)));
      return nearest.map((one) => ({ ...one, pointer: pointer + one.pointer }));
    }
    if (issue.code === 'unrecognized_keys') {
      const of = (key: string) => pointer + step(key);
      return issue.keys.map((key) => ({
        pointer: of(key),
        message: 'is not a known field',
        kind: 'unknown',
      }));
    }
    if (issue.code === 'invalid_key') {
      return [{ pointer, message: issue.issues[0]?.message ?? issue.message, kind: 'wrong' }];
    }
    if (issue.code === 'invalid_type' && pointer === '') {
      return [{ pointer, message: `expected ${issue.expected}`, kind: 'another type' }];
    }
    return [
      { pointer, message: issue.message, kind: issue.code === 'invalid_value' ? 'another value' : 'wrong' },
    ];
  });
}

const step = (part: PropertyKey) => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, part) => (Object.hasOwn(Object(at), part) ? Object(at)[part] : undefined), value);

/** First by what speaks for another alternative, then by all that is wrong. */
const distance = (alternative: Finding[]): number =>
  alternative.length + 1_000 * alternative.filter(({ kind }) => kind !== 'wrong').length;

function nearestOf(alternatives: Finding[][]): Finding[] {
  const least = Math.min(...alternatives.map(distance));
  const nearest = alternatives.filter((one) => distance(one) === least);
  const [first = []] = nearest;
  const isShared = ({ pointer, message }: Finding) =>
    nearest.every((one) => one.some((other) => other.pointer === pointer && other.message === message));
  const shared = first.filter(isShared);
  const own = nearest.map((one) => one.filter((finding) => !isShared(finding)));
  const kinds = new Set(own.flat().map(({ kind }) => kind));
  const [kind] = kinds;
  const names = [...new Set(own.flat().map(({ pointer }) => pointer.slice(1)))];
  if (kinds.size !== 1 || kind === 'wrong' || kind === 'another value') return first;
  if (kind === 'missing') return [...shared, { pointer: '', message: `${listed(names)} is missing`, kind }];
  if (kind === 'unknown')
    return [...shared, { pointer: '', message: `takes only one of ${names.join(', ')}`, kind }];
  const types = own.flat().map(({ message }) => message.replace(/^expected /, ''));
  return [
    ...shared,
    { pointer: '', message: `expected ${listed([...new Set(types)])}`, kind: 'another type' },
  ];
}

const listed = (names: string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' or $1');
