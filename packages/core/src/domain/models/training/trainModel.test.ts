import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { trainModel } from './trainModel.ts';

const kinds = ['risk', 'anomaly'] as const;
const committed = (kind: string) => readFile(new URL(`../../../../models/${kind}.json`, import.meta.url));
const input = { seed: 5, trainedAt: '2027-02-03T04:05:06.000000Z', release: 2 };
const read = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

describe('trainModel', () => {
  test.each(kinds)(
    'makes the %s model of the repository again, byte for byte, from its own seed',
    async (kind) => {
      const bytes = await committed(kind);
      const { seed, trained_at, version } = read(bytes);
      const again = trainModel({ kind, seed, trainedAt: trained_at, release: Number(version.split('.')[2]) });
      expect(Buffer.from(again).equals(bytes)).toBe(true);
    },
  );

  test.each(kinds)('gives another %s model for another seed', (kind) => {
    const one = read(trainModel({ kind, ...input }));
    const two = read(trainModel({ kind, ...input, seed: 6 }));
    expect(one.version).toBe(`${kind}-2027.2.2`);
    expect(one.parameters).not.toEqual(two.parameters);
  });

  test('tells bad uploads from good ones on rows that it was not trained on', async () => {
    const [risk, anomaly] = (await Promise.all(kinds.map(committed))).map(read);
    expect(risk.metrics.auc).toBeGreaterThan(0.85);
    expect(anomaly.metrics.auc).toBeGreaterThan(0.8);
    // Better than always saying the base rate, whose Brier score is p(1 − p).
    expect(risk.metrics.brier).toBeLessThan(0.75 * risk.metrics.bad_rate * (1 - risk.metrics.bad_rate));
    expect(Math.abs(risk.metrics.mean_score - risk.metrics.bad_rate)).toBeLessThan(0.01);
    // The anomaly score keeps its promise: about one good upload in a hundred reaches 0.99.
    expect(Math.abs(anomaly.metrics['good_share_at_0.99'] - 0.01)).toBeLessThan(0.004);
  });
});
