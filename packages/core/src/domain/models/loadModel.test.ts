import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Features } from '@origin-stack/contract/policies';
import { canonicalJson, type JsonObject, type JsonValue } from '@origin-stack/sdk';
import { ModelArtifactError } from '@origin-stack/sdk/decision/modelArtifact';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadModel } from './loadModel.ts';

const committed = (kind: string) => readFile(new URL(`../../../models/${kind}.json`, import.meta.url));
const bytesOf = (value: unknown) => new TextEncoder().encode(canonicalJson(value as JsonValue));

const about = {
  v: 1,
  trained_at: '2026-11-01T00:00:00.000000Z',
  seed: 1,
  features: ['account_age_days', 'upload_velocity_24h'],
  metrics: {},
  data: { generator: 'by-hand', rows: 2, training_rows: 1, evaluation_rows: 1, bad_rows: 1 },
};
const risk = {
  ...about,
  kind: 'risk',
  algorithm: 'logistic-regression-1',
  version: 'risk-2026.11.1',
  parameters: { low: [0, 0], high: [9, 9], mean: [1, 0], scale: [2, 1], weights: [-4, 3], intercept: -1 },
};
const anomaly = {
  ...about,
  kind: 'anomaly',
  algorithm: 'mahalanobis-distance-1',
  version: 'anomaly-2026.11.1',
  parameters: {
    mean: [0, 1],
    scale: [1, 2],
    whitening: [[1], [0.5, 1]],
    levels: [0, 0.5, 1],
    distances: [0, 2, 10],
  },
};
const features = (changes: Partial<Features> = {}): Features => ({
  account_age_days: 0,
  upload_velocity_24h: 0,
  device_velocity_24h: 0,
  account_prior_quarantine_count: 0,
  account_prior_reject_count: 0,
  pvid_prior_quarantine_count: 0,
  pvid_prior_reject_count: 0,
  ...changes,
});
const withParameters = (artifact: { parameters: JsonObject }, changes: JsonObject) =>
  bytesOf({ ...artifact, parameters: { ...artifact.parameters, ...changes } });
/** The value whose ln(1 + x) is the given one. */
const logged = (value: number) => Math.expm1(value);

describe('loadModel', () => {
  test('scores by the logistic formula, as computed by hand', () => {
    const { score } = loadModel(bytesOf(risk), 'risk');
    // -1 + -4·(2−1)/2 + 3·(1−0)/1 = 0, and 1/(1+e^0) = 0.5
    expect(score(features({ account_age_days: logged(2), upload_velocity_24h: logged(1) }))).toBe(0.5);
    // -1 + -4·(0−1)/2 + 0 = 1, and 1/(1+e^-1) = 0.731058…
    expect(score(features())).toBe(0.731059);
  });

  test('takes a feature beyond the training range as its nearest end', () => {
    const { score } = loadModel(withParameters(risk, { low: [0.5, 0], high: [9, 2] }), 'risk');
    const at = (value: number) => score(features({ upload_velocity_24h: logged(value) }));
    expect(at(2.5)).toBe(at(2));
    expect(at(1.9)).toBeLessThan(at(2));
    const aged = (value: number) => score(features({ account_age_days: logged(value) }));
    expect(aged(0.1)).toBe(aged(0.5));
    expect(aged(0.6)).toBeLessThan(aged(0.5));
  });

  test('scores an anomaly as the share of training rows that lie nearer, as computed by hand', () => {
    const { score } = loadModel(bytesOf(anomaly), 'anomaly');
    // standardised (2, 0): rows of the whitening give 2 and 1, distance √5; 0.5 + 0.5·(√5−2)/8
    expect(score(features({ account_age_days: logged(2), upload_velocity_24h: logged(1) }))).toBe(0.514754);
    expect(score(features({ account_age_days: logged(12), upload_velocity_24h: logged(1) }))).toBe(1);
    expect(score(features({ upload_velocity_24h: logged(1) }))).toBe(0);
  });

  test.each(['risk', 'anomaly'] as const)(
    'loads the %s model of the repository with its hash',
    async (kind) => {
      const bytes = await committed(kind);
      const model = loadModel(bytes, kind);
      expect(model).toMatchObject({ kind, sha256: createHash('sha256').update(bytes).digest('hex') });
      expect(model.version).toMatch(new RegExp(`^${kind}-`));
      const any = fc.record(
        Object.fromEntries(
          Object.keys(features()).map((name) => [name, fc.double({ min: 0, max: 1e15, noNaN: true })]),
        ),
      ) as fc.Arbitrary<Features>;
      const inRange = fc.property(any, (given) => {
        const score = model.score(given);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      });
      fc.assert(inRange);
    },
  );

  test('the risk of the repository falls with age and rises with every bad history', async () => {
    const { score } = loadModel(await committed('risk'), 'risk');
    const base = features({ account_age_days: 10, upload_velocity_24h: 3, device_velocity_24h: 3 });
    expect(score({ ...base, account_age_days: 300 })).toBeLessThan(score(base));
    for (const name of Object.keys(base).filter((one) => one.includes('prior'))) {
      expect(score({ ...base, [name]: 2 })).toBeGreaterThan(score(base));
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, undefined as unknown as number])(
    'refuses to score a feature of %s',
    (value) => {
      const { score } = loadModel(bytesOf(risk), 'risk');
      expect(() => score(features({ upload_velocity_24h: value }))).toThrow(/upload_velocity_24h/);
    },
  );

  const text = canonicalJson(risk);
  const encode = (value: string) => new TextEncoder().encode(value);
  test.each<[string, Uint8Array, RegExp]>([
    ['that is empty', new Uint8Array(), /not JSON/],
    ['that is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /not JSON in UTF-8/],
    ['that is cut off', encode(text.slice(0, -1)), /not JSON/],
    ['that is not canonical', encode(` ${text}`), /not canonical/],
    ['with a member twice', encode(text.replace('{', '{"kind":"anomaly",')), /not canonical/],
    ['with an unknown member', bytesOf({ ...risk, extra: 1 }), /extra/],
    ['without its data', bytesOf({ ...risk, data: {} }), /\/data\/generator: it is missing/],
    ['of another format', bytesOf({ ...risk, v: 2 }), /\/v:/],
    ['of the other kind', bytesOf(anomaly), /kind anomaly, one of kind risk/],
    [
      'with an unknown algorithm',
      bytesOf({ ...risk, algorithm: 'magic-1' }),
      /algorithm magic-1 is not known/,
    ],
    [
      "with the other kind's algorithm",
      bytesOf({ ...risk, algorithm: anomaly.algorithm }),
      /not known for .* risk/,
    ],
    ["with the other kind's version", bytesOf({ ...risk, version: anomaly.version }), /does not belong/],
    [
      'with an unknown feature',
      bytesOf({ ...risk, features: ['age', 'upload_velocity_24h'] }),
      /\/features\/0/,
    ],
    [
      'with a feature twice',
      bytesOf({ ...risk, features: ['account_age_days', 'account_age_days'] }),
      /twice/,
    ],
    ['with too few weights', withParameters(risk, { weights: [1] }), /\/parameters\/weights/],
    ['with a scale of 0', withParameters(risk, { scale: [1, 0] }), /\/parameters\/scale\/1/],
    ['with null for a number', withParameters(risk, { intercept: null }), /\/parameters\/intercept/],
    ['with an infinite number', encode(text.replace('"intercept":-1', '"intercept":-1e999')), /intercept/],
  ])('refuses an artifact %s', (_, bytes, message) => {
    expect(() => loadModel(bytes, 'risk')).toThrow(ModelArtifactError);
    expect(() => loadModel(bytes, 'risk')).toThrow(message);
  });

  test.each<[string, JsonObject]>([
    ['whitening that is no triangle', { whitening: [[1], [1]] }],
    ['fewer distances than levels', { distances: [0, 2] }],
    ['distances that fall', { distances: [0, 10, 2] }],
    ['levels that end before 1', { levels: [0, 0.5, 0.9] }],
    ['levels outside 0 to 1', { levels: [0, 2, 1] }],
  ])('refuses an anomaly model with %s', (_, changes) => {
    expect(() => loadModel(withParameters(anomaly, changes), 'anomaly')).toThrow(/\/parameters\//);
  });
});
