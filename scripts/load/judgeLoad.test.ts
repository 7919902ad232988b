import { describe, expect, it } from 'vitest';
import { judgeLoad } from './judgeLoad.ts';
import { crossedIn } from './loadReport.ts';
import { recordedRun } from './test/recordedRun.ts';

const summaryOf = (name: 'kept' | 'crossed') => recordedRun(name).summary;

describe('a run whose thresholds are all kept', () => {
  it('has passed, with the figures of each scenario', () => {
    const verdict = judgeLoad(summaryOf('kept'));
    expect(verdict).toMatchObject({ passed: true, failed: 0, dropped: 0 });
    expect(crossedIn(verdict)).toEqual([]);
    const [ingest] = verdict.scenarios;
    expect(ingest).toMatchObject({ scenario: 'ingest', asked_per_second: 2, failed: 0, ok: true });
    expect(ingest?.held_per_second).toBeCloseTo(2, 0);
    for (const { scenario, p50_ms: p50, p95_ms: p95, p99_ms: p99, max_ms: max } of verdict.scenarios) {
      expect([p50, p95, p99, max], scenario).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b));
      expect(p50, scenario).toBeGreaterThan(0);
    }
    const requests = verdict.scenarios.reduce((sum, one) => sum + one.requests, 0);
    // One more prepares what the others read.
    expect(verdict.requests).toBe(requests + 1);
  });

  it('has failed as soon as one of them is crossed, and names it', () => {
    for (const [metric, conditions] of Object.entries(summaryOf('kept').thresholds)) {
      const summary = summaryOf('kept');
      const [condition = ''] = conditions;
      const held = summary.metrics[metric]?.thresholds?.[condition];
      if (held) held.ok = false;
      const verdict = judgeLoad(summary);
      expect(verdict.passed, metric).toBe(false);
      expect(crossedIn(verdict).join()).toContain(`${metric}: ${condition}, but `);
    }
  });

  it('has failed where a scenario never ran, whatever else is kept: k6 leaves it out', () => {
    const summary = summaryOf('kept');
    for (const metric of Object.keys(summary.metrics)) {
      if (metric.includes('scenario:pack')) delete summary.metrics[metric];
    }
    const verdict = judgeLoad(summary);
    expect(verdict.passed).toBe(false);
    expect(crossedIn(verdict)).toContain('iterations{scenario:pack}: count>0, but nothing was measured');
    expect(verdict.scenarios.find(({ scenario }) => scenario === 'pack')).toMatchObject({ ok: false });
  });

  it('may have measured no dropped arrival at all', () => {
    const summary = summaryOf('kept');
    delete summary.metrics.dropped_iterations;
    expect(judgeLoad(summary)).toMatchObject({ passed: true, dropped: 0 });
  });

  it('is no verdict where nothing was held against anything', () => {
    expect(judgeLoad({ ...summaryOf('kept'), thresholds: {} }).passed).toBe(false);
  });
});

describe('a run that was too much', () => {
  it('has failed, with as many failed requests as answers came that were not due', () => {
    const verdict = judgeLoad(summaryOf('crossed'));
    const undue = verdict.checks.filter(({ name }) => / came, \d+ was due$/.test(name));
    expect(undue.length).toBeGreaterThan(0);
    expect(verdict.failed).toBe(undue.reduce((sum, { failed }) => sum + failed, 0));
    expect(verdict.scenarios.reduce((sum, { failed }) => sum + failed, 0)).toBe(verdict.failed);
  });

  it('names every threshold that was crossed with what was measured, and no other', () => {
    const verdict = judgeLoad(summaryOf('crossed'));
    const crossed = crossedIn(verdict);
    expect(crossed).toContainEqual(expect.stringMatching(/^dropped_iterations: count==0, but \d{3,}$/));
    expect(crossed).toContainEqual(
      expect.stringMatching(/^http_req_duration\{scenario:ingest\}: p\(95\)<1000, but [\d.]{4,}$/),
    );
    expect(crossed.join()).not.toContain('iterations{scenario:');
    expect(verdict.scenarios.map(({ ok }) => ok)).toEqual([false, false]);
  });

  it('counts as held only what was answered as it had to be', () => {
    const verdict = judgeLoad(summaryOf('crossed'));
    const right = verdict.checks.find(({ name }) => name === 'ingest: a new item is answered with 201');
    const { held_per_second: held = 0, requests = 0 } = verdict.scenarios[0] ?? {};
    expect(requests).toBe((right?.passed ?? 0) + (right?.failed ?? 0));
    expect(held).toBeCloseTo((right?.passed ?? 0) / 8, 6);
  });
});
