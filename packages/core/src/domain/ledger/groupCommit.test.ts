import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../domainError.ts';
import { createGroupCommit, type GroupCommitOptions } from './groupCommit.ts';

class ItemError extends Error {}
type Options = GroupCommitOptions<number, string>;

const settings = {
  maxBatch: 4,
  maxWaiting: 1_000,
  isItemsFault: (error: unknown) => error instanceof ItemError,
};
const groupCommit = (run: Options['run'], more: Partial<Options> = {}) =>
  createGroupCommit<number, string>({ ...settings, run, ...more });

/** A run that ends when the test says so. */
function gate() {
  const open: (() => void)[] = [];
  const runs: number[][] = [];
  const run = async (_: string, items: number[]) => {
    runs.push(items);
    await new Promise<void>((resolve) => open.push(resolve));
    return items.map(String);
  };
  return { runs, run, open: () => open.shift()?.() };
}

describe('group commit', () => {
  it('answers each caller with its own result, keeps the order of a key and never runs twice at once for one', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      fate: fc.constantFrom('good', 'good', 'good', 'poisoned', 'crash'),
      turns: fc.nat(2),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        async (steps, maxBatch) => {
          const running = new Set<string>();
          const committed = new Map<string, number[]>();
          const crashed = new Set<number>();
          const run = async (key: string, items: number[]) => {
            expect(running.has(key)).toBe(false);
            expect(items.length).toBeLessThanOrEqual(maxBatch);
            running.add(key);
            try {
              for (const item of items) await nextTurn(steps[item]?.turns);
              if (items.some((item) => steps[item]?.fate === 'crash')) {
                for (const item of items) crashed.add(item);
                throw new Error('the database is away');
              }
              if (items.some((item) => steps[item]?.fate === 'poisoned')) throw new ItemError();
              committed.set(key, [...(committed.get(key) ?? []), ...items]);
              return items.map((item) => `${key}${item}`);
            } finally {
              running.delete(key);
            }
          };
          const commit = groupCommit(run, { maxBatch });
          const outcomes = steps.map(async ({ key, turns }, item) => {
            for (let turn = 0; turn < turns; turn += 1) await nextTurn();
            return commit(key, item).then(
              (result) => ({ result }),
              (error: Error) => ({ error }),
            );
          });
          for (const [item, outcome] of (await Promise.all(outcomes)).entries()) {
            const { key, fate } = steps[item]!;
            const isCommitted = committed.get(key)?.includes(item) === true;
            if (isCommitted) expect(outcome).toEqual({ result: `${key}${item}` });
            else if (crashed.has(item))
              expect(outcome).toMatchObject({ error: { message: 'the database is away' } });
            else
              expect({ fate, isItems: 'error' in outcome && outcome.error instanceof ItemError }).toEqual({
                fate: 'poisoned',
                isItems: true,
              });
            if (fate === 'good' && !crashed.has(item)) expect(isCommitted).toBe(true);
          }
          for (const items of committed.values()) {
            expect(new Set(items).size).toBe(items.length);
            for (const turns of [0, 1, 2]) {
              const arrived = items.filter((item) => steps[item]?.turns === turns);
              expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('commits a lone item at once and shares the next commit among all that came meanwhile', async () => {
    const { runs, run, open } = gate();
    const commit = groupCommit(run);
    const first = commit('a', 0);
    expect(runs).toEqual([[0]]);
    const others = [1, 2, 3, 4, 5].map((item) => commit('a', item));
    open();
    expect(await first).toBe('0');
    await nextTurn();
    expect(runs).toEqual([[0], [1, 2, 3, 4]]);
    open();
    await nextTurn();
    expect(runs).toEqual([[0], [1, 2, 3, 4], [5]]);
    open();
    expect(await Promise.all(others)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('lets no key wait for another', async () => {
    const { runs, run, open } = gate();
    const commit = groupCommit(run);
    const both = [commit('a', 0), commit('b', 1)];
    expect(runs).toEqual([[0], [1]]);
    open();
    open();
    await Promise.all(both);
  });

  it('lets a poisoned item fail alone: those that shared its commit get one without it', async () => {
    const run = async (_: string, items: number[]) => {
      if (items.includes(2)) throw new ItemError('2 is poisoned');
      return items.map(String);
    };
    const commit = groupCommit(run);
    const settled = await Promise.allSettled([0, 1, 2, 3].map((item) => commit('a', item)));
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual([
      '0',
      '1',
      '2 is poisoned',
      '3',
    ]);
  });

  it('fails all that share a failing run, tries none of them again, and goes on with the next', async () => {
    const runs: number[][] = [];
    const run = async (_: string, items: number[]) => {
      runs.push(items);
      await nextTurn();
      if (items.includes(1)) throw new Error('the database is away');
      return items.map(String);
    };
    const commit = groupCommit(run, { maxBatch: 2 });
    const settled = await Promise.allSettled([0, 1, 2, 3].map((item) => commit('a', item)));
    expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(runs).toEqual([[0], [1, 2], [3]]);
    expect(await commit('a', 9)).toBe('9');
  });

  it('refuses who comes when too many wait, and admits again when they are through', async () => {
    const { run, open } = gate();
    const commit = groupCommit(run, { maxWaiting: 2 });
    const accepted = [commit('a', 0), commit('a', 1), commit('a', 2)];
    const refused = commit('a', 3);
    await expect(refused).rejects.toBeInstanceOf(DomainError);
    await expect(refused).rejects.toMatchObject({ code: 'dependency_unavailable', retryAfterSeconds: 1 });
    const other = commit('b', 4);
    for (let opened = 0; opened < 3; opened += 1) {
      open();
      await nextTurn();
    }
    expect(await Promise.all([...accepted, other])).toEqual(['0', '1', '2', '4']);
    const later = commit('a', 5);
    open();
    expect(await later).toBe('5');
  });
});
