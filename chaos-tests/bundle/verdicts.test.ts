import { eventually } from '@origin-stack/testkit/eventually';
import { expect, test } from 'vitest';
import type { Attempt } from '../workloads/ingestLoad.ts';
import { doctorNames } from './doctorNames.ts';
import { until } from './until.ts';
import { callersNoticeNothing, edgeVerdicts, hasHeld, hasTurned } from './verdicts.ts';
import { type BadLook, watchEdge } from './watchEdge.ts';

const FAULT_MS = 10_000;
const look = (path: BadLook['path'], atMs: number, answer = '503'): BadLook => ({ path, atMs, answer });

test('liveness falters at no time, whatever readiness may do', () => {
  for (const readiness of ['stays', 'turns'] as const) {
    const verdicts = edgeVerdicts({ readiness }, [look('/health/live', 11_500, 'TimeoutError')], FAULT_MS);
    expect(verdicts).toEqual({
      aliveAllTheTime: ['/health/live was answered with TimeoutError 1.5 s after the fault'],
      readiness: [],
    });
    const early = edgeVerdicts({ readiness }, [look('/health/live', 9_000)], FAULT_MS);
    expect(early.aliveAllTheTime).toEqual(['/health/live was answered with 503 -1.0 s after the fault']);
  }
});

test('readiness that must stay turns at no time; where it may turn, not before the fault', () => {
  const bad = [look('/ready', 9_000), look('/ready', 12_000)];
  expect(edgeVerdicts({ readiness: 'stays' }, bad, FAULT_MS).readiness).toEqual([
    '/ready was answered with 503 -1.0 s after the fault',
    '/ready was answered with 503 2.0 s after the fault',
  ]);
  expect(edgeVerdicts({ readiness: 'turns' }, bad, FAULT_MS).readiness).toHaveLength(1);
  // Where no fault came, nothing may turn.
  expect(edgeVerdicts({ readiness: 'turns' }, bad, Number.POSITIVE_INFINITY).readiness).toHaveLength(2);
});

test('an edge that was well all the time has no violation', () => {
  expect(edgeVerdicts({ readiness: 'stays' }, [], FAULT_MS)).toEqual({ aliveAllTheTime: [], readiness: [] });
});

test.each([
  ['a 503 since the fault', look('/ready', 10_000), true],
  ['a 503 before it', look('/ready', 9_999), false],
  ['no answer', look('/ready', 10_500, 'TimeoutError'), false],
  ['a 503 of liveness', look('/health/live', 10_500), false],
])('readiness has turned by %s: %s', (_, one, turned) => {
  expect(hasTurned([one], FAULT_MS)).toBe(turned);
});

const attempt = (outcome: Attempt['outcome'], rest: Partial<Attempt> = {}) =>
  ({ request: { external_id: outcome }, outcome, status: null, error: null, ...rest }) as Attempt;

test('callers notice what was refused, and what they cannot know', () => {
  expect(callersNoticeNothing([attempt('acknowledged', { status: 201 })])).toEqual([]);
  expect(
    callersNoticeNothing([
      attempt('acknowledged', { status: 201 }),
      attempt('refused', { status: 429, error: '{}' }),
      attempt('unknown', { error: 'ECONNRESET' }),
    ]),
  ).toEqual(['refused: 429', 'unknown: ECONNRESET']);
});

test.each([
  ['every look found nothing', { error: null, verdicts: { a: [], b: [] } }, true],
  ['one look found something', { error: null, verdicts: { a: [], b: ['x'] } }, false],
  ['it ended early', { error: 'recovery: not within 30 s', verdicts: { a: [] } }, false],
  ['nothing was looked at', { error: null, verdicts: {} }, false],
])('a scenario of which %s has held: %s', (_, result, held) => {
  expect(hasHeld(result)).toBe(held);
});

const KEYS = ['secrets/a/key', 'secrets/b/tls.key'];
const doctorSays = (code: number, ...named: string[]) => {
  const findings = [
    { check: 'secrets', issues: named.map((what) => ({ what: `${what} has another owner` })) },
  ];
  return { stack: async () => ({ code, stdout: JSON.stringify({ findings }), stderr: 'its words' }) };
};

test('the doctor names each file that was spoiled, or it is said which it does not', async () => {
  const names = doctorNames('secrets', KEYS);
  expect(await names(doctorSays(1, ...KEYS))).toEqual([]);
  expect(await names(doctorSays(1, 'secrets/a/key'))).toEqual([
    './stack doctor does not name secrets/b/tls.key',
  ]);
  // What finds nothing ends with 0, what cannot look with another code.
  for (const code of [0, 3]) {
    expect(await names(doctorSays(code))).toEqual([`./stack doctor ended with ${code}: its words`]);
  }
});

test('the watch keeps each look that was not answered with 200, and no other', async () => {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    if (asked.filter((one) => one === pathname).length > 1) return new Response();
    if (pathname === '/ready') return new Response('', { status: 503 });
    throw new TypeError('fetch failed');
  };
  const watch = watchEdge({ apiUrl: 'https://localhost', fetch: fetch as typeof globalThis.fetch });
  await eventually(() => expect(asked.length).toBeGreaterThan(3), { deadlineMs: 5_000, pollMs: 10 });
  await watch.stop();
  expect(watch.bad.map(({ path, answer }) => [path, answer]).sort()).toEqual([
    ['/health/live', 'TypeError'],
    ['/ready', '503'],
  ]);
});

const { signal } = new AbortController();

test('what does not hold at its deadline is named, with the last failure', async () => {
  const options = { what: 'recovery', deadlineMs: 0, signal };
  expect(await until(async () => true, options)).toBe(0);
  await expect(until(async () => false, options)).rejects.toThrow(
    'recovery: not within 0 s: it does not hold',
  );
  const away = () => Promise.reject(new Error('nobody answers'));
  await expect(until(away, options)).rejects.toThrow('recovery: not within 0 s: nobody answers');
});
