/** What the load scripts say at their end (chaos-tests/load/summary.ts). */
export interface LoadSummary {
  /** What was asked for, by scenario. */
  mix: Record<string, { perSecond: number; p95Ms: number }>;
  durationSeconds: number;
  /** The whole run, with what was still under way at its end. */
  runMs: number;
  /** By metric: the conditions that are the verdict. */
  thresholds: Record<string, string[]>;
  /** k6 leaves out what it never measured. */
  metrics: Record<string, Metric>;
  checks: { name: string; passes: number; fails: number }[];
}

export interface Metric {
  /** `count`, `rate`, `passes`, `med`, `p(95)` … by the metric's kind; times in milliseconds. */
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}

/** The summary in a line of k6's output; undefined in every other line. */
export function readSummary(line: string): LoadSummary | undefined {
  return line.startsWith('{"summary":') ? (JSON.parse(line) as { summary: LoadSummary }).summary : undefined;
}

/** How far a run is, once a second. */
export interface RunProgress {
  /** Since its begin. */
  second: number;
  /** Callers that wait for an answer. */
  callers: number;
  /** Iterations that ended. */
  finished: number;
}

/** The minutes and hours are there where the run may take so long. */
const RUNNING = /^running \((?:(\d+)h)?(?:(\d+)m)?([\d.]+)s\), (\d+)\/\d+ VUs, (\d+) complete/;

/** The progress in a line of k6's output; undefined in every other line. */
export function readProgress(line: string): RunProgress | undefined {
  const [, hours = '0', minutes = '0', seconds, callers, finished] = RUNNING.exec(line) ?? [];
  if (seconds === undefined) return undefined;
  return {
    second: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
    callers: Number(callers),
    finished: Number(finished),
  };
}
