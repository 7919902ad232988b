import type { ActiveAlert } from '@origin-stack/scripts/alerts/activeAlerts.ts';
import { expect, test } from 'vitest';
import { isFiring, untilQuiet } from './alertStates.ts';

const WANTED = { name: 'ServiceHealthCheckFailing', labels: { job: 'api', instance: 'api-a:9443' } };
const alert = (rest: Partial<ActiveAlert> = {}): ActiveAlert => ({
  name: WANTED.name,
  state: 'firing',
  since: '2026-11-23T10:00:00Z',
  labels: { ...WANTED.labels, severity: 'critical' },
  annotations: {},
  ...rest,
});
const OTHERS = [
  alert({ name: 'Watchdog', labels: {} }),
  alert({ labels: { job: 'api', instance: 'api-b:9443' } }),
];
const { signal } = new AbortController();
const options = { deadlineMs: 300, signal };

test('an alert fires only by its name, all its labels, and no longer pending', () => {
  expect(isFiring([...OTHERS, alert()], WANTED)).toBe(true);
  expect(isFiring([...OTHERS, alert({ state: 'pending' })], WANTED)).toBe(false);
  expect(isFiring(OTHERS, WANTED)).toBe(false);
});

test.each(['firing', 'pending'] as const)(
  'an alert that is %s before the fault fails the scenario by name',
  async (state) => {
    await expect(untilQuiet(async () => [...OTHERS, alert({ state })], WANTED, options)).rejects.toThrow(
      'ServiceHealthCheckFailing{job="api",instance="api-a:9443"} is quiet before the fault: not within 0.3 s',
    );
  },
);

test('one that resolves is waited for, and others may fire', async () => {
  const looks = [[alert()], [alert({ state: 'pending' })], OTHERS];
  await untilQuiet(async () => looks.shift() ?? [alert()], WANTED, { ...options, deadlineMs: 5_000 });
  expect(looks).toEqual([]);
});
