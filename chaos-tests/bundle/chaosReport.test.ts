import { expect, test } from 'vitest';
import { type ChaosReport, chaosOutcome, chaosPage, isPassed } from './chaosReport.ts';
import type { ChaosRun } from './runChaos.ts';
import type { ScenarioResult } from './scenario.ts';

const HELD: ScenarioResult = {
  name: 'api-replica-killed',
  sentence: 'One replica is killed.',
  passed: true,
  began_at: '2026-11-23T10:00:00.000Z',
  seconds: 60,
  fault: 'kill -9',
  outcomes: { acknowledged: 300, refused: 0, unknown: 0 },
  times: {
    alert_fired_s: 8,
    readiness_turned_s: null,
    recovered_s: 12,
    work_done_s: 1,
    alert_resolved_s: 2,
  },
  verdicts: { aliveAllTheTime: [], nothingTwice: [] },
  stolen: 0.01,
  error: null,
};
const FAILED: ScenarioResult = {
  ...HELD,
  name: 'redis-killed',
  passed: false,
  verdicts: { aliveAllTheTime: [], nothingTwice: ['x-1 is uploaded 2 times'] },
};
const ERRED: ScenarioResult = {
  ...HELD,
  name: 'postgres-killed',
  passed: false,
  error: 'recovery without a hand: not within 30 s: it does not hold',
};

/** What the command shows of a run, and ends with. */
function shown(run: Partial<ChaosRun>) {
  const whole = { results: [HELD], left: [], requests: 300, ...run };
  const report: ChaosReport = {
    passed: isPassed(whole),
    url: 'https://localhost',
    version: '1.0.0',
    began_at: HELD.began_at,
    ...whole,
  };
  const files = { html: 'chaos.html', json: 'chaos.json', history: 'chaos.history.jsonl' };
  return { ...chaosOutcome(report, files), page: chaosPage(report) };
}

test('a run of which every scenario held is green', () => {
  const { exitCode, data, text, page } = shown({});
  expect(exitCode).toBe(0);
  expect(data).toMatchObject({ passed: true });
  expect(text).toContain('Every invariant held');
  expect(text).not.toContain('Not passed');
  expect(page).toContain('>Passed<');
});

test.each<[string, Partial<ChaosRun>, string]>([
  ['an invariant does not hold', { results: [HELD, FAILED] }, 'nothingTwice: x-1 is uploaded 2 times'],
  ['a scenario ended early', { results: [ERRED, HELD] }, 'recovery without a hand: not within 30 s'],
  ['a scenario was not begun since the time was over', { left: ['redis-killed'] }, 'ot begun: redis-killed'],
  ['none was begun', { results: [], left: ['redis-killed'] }, 'ot begun: redis-killed'],
  ['there was none', { results: [] }, ''],
])('a run of which %s is not green, and says so', (_, run, why) => {
  const { exitCode, data, text, page } = shown(run);
  expect(exitCode).toBe(1);
  expect(data).toMatchObject({ passed: false });
  expect(text).toMatch(/Not passed\.\nReport: chaos\.html$/);
  expect(text).not.toContain('Every invariant held');
  expect(text).toContain(why);
  expect(page).toContain('>Not passed<');
  expect(page).not.toContain('>Passed<');
  expect(page).toContain('<title>Chaos: not passed');
  if (!why.includes(': x-1')) expect(page).toContain(why);
  else expect(page).toContain('x-1 is uploaded 2 times');
});

test('the scenario that did not hold is marked, and those that did are too', () => {
  const { text, page } = shown({ results: [HELD, FAILED, ERRED] });
  expect(text).toMatch(/^✓ +api-replica-killed /m);
  expect(text).toMatch(/^✗ +redis-killed /m);
  expect(text).toMatch(/^✗ +postgres-killed /m);
  expect(page).toContain('✗ 1: x-1 is uploaded 2 times');
  expect(page).toContain('Ended early');
});
