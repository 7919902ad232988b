import type { LoadSummary, Metric } from './readSummary.ts';

/** One condition, and what came of it. */
export interface ThresholdVerdict {
  metric: string;
  condition: string;
  /** Null where nothing was measured. */
  value: number | null;
  ok: boolean;
}

/** One scenario; times in milliseconds, of single requests. */
export interface ScenarioVerdict {
  scenario: string;
  asked_per_second: number;
  /** Iterations that ended, without the share of requests that failed. */
  held_per_second: number;
  requests: number;
  failed: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
  p95_bound_ms: number;
  ok: boolean;
}

export interface LoadVerdict {
  passed: boolean;
  requests: number;
  failed: number;
  /** Arrivals that found no free caller. */
  dropped: number;
  scenarios: ScenarioVerdict[];
  thresholds: ThresholdVerdict[];
  checks: { name: string; passed: number; failed: number }[];
}

/** The verdict of a run: passed where every condition that it was held against is kept. */
export function judgeLoad(summary: LoadSummary): LoadVerdict {
  const { metrics, mix } = summary;
  const thresholds = Object.entries(summary.thresholds).flatMap(([metric, conditions]) =>
    conditions.map((condition) => judgeThreshold(metric, condition, metrics[metric])),
  );
  return {
    passed: thresholds.length > 0 && thresholds.every(({ ok }) => ok),
    requests: metrics.http_reqs?.values.count ?? 0,
    failed: failedOf(metrics.http_req_failed),
    dropped: metrics.dropped_iterations?.values.count ?? 0,
    scenarios: Object.keys(mix).map((scenario) => scenarioVerdict(scenario, summary, thresholds)),
    thresholds,
    checks: summary.checks.map(({ name, passes, fails }) => ({ name, passed: passes, failed: fails })),
  };
}

/** Where nothing was measured only a bound of zero is kept: a percentile of nothing proves nothing. */
function judgeThreshold(metric: string, condition: string, found: Metric | undefined): ThresholdVerdict {
  const [, aggregate = ''] = /^(p\([\d.]+\)|[a-z]+)/.exec(condition) ?? [];
  const ok = found ? found.thresholds?.[condition]?.ok === true : condition === 'count==0';
  return { metric, condition, value: found?.values[aggregate] ?? null, ok };
}

function scenarioVerdict(
  scenario: string,
  { mix, metrics, durationSeconds }: LoadSummary,
  thresholds: ThresholdVerdict[],
): ScenarioVerdict {
  const tag = `{scenario:${scenario}}`;
  const value = (metric: string, name: string) => metrics[metric + tag]?.values[name] ?? 0;
  const time = (name: string) => value('http_req_duration', name);
  const requests = time('count');
  const failed = failedOf(metrics[`http_req_failed${tag}`]);
  const good = requests === 0 ? 0 : 1 - failed / requests;
  return {
    scenario,
    asked_per_second: mix[scenario]?.perSecond ?? 0,
    held_per_second: (value('iterations', 'count') * good) / durationSeconds,
    requests,
    failed,
    p50_ms: time('med'),
    p95_ms: time('p(95)'),
    p99_ms: time('p(99)'),
    max_ms: time('max'),
    p95_bound_ms: mix[scenario]?.p95Ms ?? 0,
    ok: thresholds.every(({ metric, ok }) => ok || !metric.endsWith(tag)),
  };
}

/** k6 counts a request that failed as true (`passes`) of `http_req_failed`. */
const failedOf = (metric: Metric | undefined): number => metric?.values.passes ?? 0;
