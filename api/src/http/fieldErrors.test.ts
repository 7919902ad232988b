import { IngestRequest } from '@origin-stack/contract/ingest';
import { PolicyCreate } from '@origin-stack/contract/policies';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { exampleIngest, examplePolicy } from '../../test/examples.ts';
import { fieldErrors } from './fieldErrors.ts';

function errorsOf(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  if (!error) return [];
  return fieldErrors(error.issues, value).map(({ pointer, message }) => `${pointer} ${message}`);
}

const ofContent = (content: unknown) => errorsOf(IngestRequest, { ...exampleIngest(), content });
const ofMetadata = (note: unknown) => errorsOf(IngestRequest, { ...exampleIngest(), metadata: { note } });
function ofCondition(when: unknown): string[] {
  const policy = examplePolicy({ risk: 'r', anomaly: 'a' });
  Object.assign(policy.document.rules[0] ?? {}, { when });
  return errorsOf(PolicyCreate, policy);
}

const SHA256 = 'a'.repeat(64);
const type = { media_type: 'text/plain' };
const WHEN = '/document/rules/0/when';

describe('content that cannot be used says what is missing or too much', () => {
  it.each([
    [type, ['/content sha256, text or base64 is missing']],
    [{}, ['/content/media_type is missing', '/content sha256, text or base64 is missing']],
    [{ text: 'x' }, ['/content/media_type is missing']],
    [
      { ...type, txt: 'x' },
      ['/content/txt is not a known field', '/content sha256, text or base64 is missing'],
    ],
    [{ ...type, text: 'x', sha256: SHA256 }, ['/content takes only one of text, sha256']],
    [{ ...type, text: 'x', sha256: SHA256, base64: '' }, ['/content takes only one of text, base64, sha256']],
    [{ ...type, text: 'x', extra: 1 }, ['/content/extra is not a known field']],
    [undefined, ['/content is missing']],
    [null, ['/content expected object']],
    ['text', ['/content expected object']],
  ])('%j', (content, errors) => {
    expect(ofContent(content).toSorted()).toEqual(errors.toSorted());
  });

  it.each([
    [{ ...type, text: 5 }, '/content/text '],
    [{ ...type, sha256: 'A'.repeat(64) }, '/content/sha256 '],
    [{ ...type, base64: '%' }, '/content/base64 '],
    [{ ...type, text: 'x', size_bytes: 7.5 }, '/content/size_bytes '],
    [{ media_type: 'text', text: 'x' }, '/content/media_type '],
  ])('or which member is wrong: %j', (content, beginning) => {
    const errors = ofContent(content);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(new RegExp(`^${beginning}.{10}`));
  });
});

describe('a condition of a rule says what its input asks for', () => {
  it.each([
    [{ input: 'risk_score', op: 'gt' }, [`${WHEN}/value is missing`]],
    [{ op: 'gt', value: 1 }, [`${WHEN}/input is missing`]],
    [{ input: 'media_type', op: 'eq' }, [`${WHEN}/value is missing`]],
    [{ input: 'media_type', op: 'in' }, [`${WHEN}/value is missing`]],
    [{}, [`${WHEN}/input is missing`, `${WHEN}/op is missing`, `${WHEN}/value is missing`]],
    [{ input: 'risk_score', op: 'gt', value: 1, unit: '%' }, [`${WHEN}/unit is not a known field`]],
  ])('%j', (when, errors) => {
    expect(ofCondition(when)).toEqual(errors);
  });

  it.each([
    [{ input: 'media_type', op: 'in', value: 'text/plain' }, `${WHEN}/value `],
    [{ input: 'media_type', op: 'gt', value: 'text/plain' }, `${WHEN}/op `],
    [{ input: 'risk_score', op: 'in', value: 1 }, `${WHEN}/op `],
    [{ input: 'risk_score', op: 'gt', value: '1' }, `${WHEN}/value `],
    [{ input: 'mood', op: 'gt', value: 1 }, `${WHEN}/input `],
  ])('or which member is wrong: %j', (when, beginning) => {
    expect(ofCondition(when).map((error) => error.slice(0, beginning.length))).toEqual([beginning]);
  });
});

it('a value of metadata says which types there are, or what is wrong within its own', () => {
  expect(ofMetadata({})).toEqual(['/metadata/note expected string, number, boolean or null']);
  expect(ofMetadata([1])).toEqual(['/metadata/note expected string, number, boolean or null']);
  expect(ofMetadata('x'.repeat(1_001))[0]).toMatch(/^\/metadata\/note Too big.*1000/);
  expect(ofMetadata(1e300)[0]).toMatch(/^\/metadata\/note Too big/);
});

it('no body of any kind is told only that its input is invalid', () => {
  const wrong = [
    undefined,
    null,
    1,
    'x',
    '',
    true,
    [],
    [[]],
    {},
    { text: null },
    { sha256: {} },
    { input: 1 },
  ];
  for (const one of wrong) {
    for (const errors of [ofContent(one), ofCondition(one), ofMetadata({ one })]) {
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).not.toMatch(/Invalid input$/);
    }
  }
});
