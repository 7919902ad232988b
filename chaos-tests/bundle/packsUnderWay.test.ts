import { expect, test } from 'vitest';
import type { RequestedPack } from '../workloads/requestPacks.ts';
import { meetPacks } from './packsUnderWay.ts';

/** Packs of which the API says what `statuses` says at that moment. */
const packsOf = (statuses: string[]) =>
  statuses.map((_, index) => {
    const client = { getEvidencePack: async () => ({ status: statuses[index] }) };
    return { id: `pack-${index}`, attempt: { tenant: { client } } } as unknown as RequestedPack;
  });

const { signal } = new AbortController();
const faultOf = (what: () => void = () => {}) => {
  const fault = { isInjected: false, deadlineMs: 400, signal, inject: async () => '' };
  fault.inject = async () => {
    fault.isInjected = true;
    what();
    return 'kill -9';
  };
  return fault;
};

test('a pack that is accepted and not made is met', async () => {
  const fault = faultOf();
  expect(await meetPacks(packsOf(['ready', 'pending', 'pending']), fault)).toEqual({
    fault: 'kill -9, with 2 of 3 packs under way',
    violations: [],
  });
});

test.each([
  ['no pack was accepted', []],
  ['every pack was made or failed', ['ready', 'failed']],
])('where %s, nothing is injected, and it is said what did not come', async (_, statuses) => {
  const fault = faultOf();
  await expect(meetPacks(packsOf(statuses), fault)).rejects.toThrow(
    'a pack of this run is under way before the fault: not within 0.4 s',
  );
  expect(fault.isInjected).toBe(false);
});

test('a fault that came after the last pack was made does not hold, whatever is accepted after it', async () => {
  const statuses = ['pending'];
  const accepted = packsOf(statuses);
  const late = faultOf(() => {
    statuses[0] = 'ready';
    accepted.push(...packsOf(['pending']));
  });
  const { violations } = await meetPacks(accepted, late);
  expect(violations).toEqual(['the fault met none of 1 packs: all were made before it']);
});
