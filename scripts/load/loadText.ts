import { alignColumns } from '../lib/alignColumns.ts';
import { crossedIn, type LoadReport } from './loadReport.ts';

/** The verdict for the terminal. */
export function loadText(report: LoadReport, files: { html: string; json: string }): string {
  return [
    ...alignColumns([HEAD, ...report.scenarios.map(rowOf)]),
    '',
    `${report.requests} requests, ${report.failed} failed, ${report.dropped} dropped`,
    checksLine(report),
    cpuLine(report),
    ...report.words.map(({ text, times }) => `k6 warned ${times === 1 ? 'once' : `${times} times`}: ${text}`),
    '',
    ...verdictLines(report),
    '',
    `report  ${files.html}`,
    `        ${files.json}`,
  ].join('\n');
}

const HEAD = ['SCENARIO', 'ASKED', 'HELD', 'REQUESTS', 'FAILED', 'P50', 'P95', 'P99', 'BOUND OF P95', ''];

const rowOf = (one: LoadReport['scenarios'][number]): string[] => [
  one.scenario,
  `${rate(one.asked_per_second)}/s`,
  `${rate(one.held_per_second)}/s`,
  String(one.requests),
  String(one.failed),
  ...[one.p50_ms, one.p95_ms, one.p99_ms, one.p95_bound_ms].map(ms),
  one.ok ? '✓' : '✗',
];

export const rate = (perSecond: number): string => String(Number(perSecond.toFixed(1)));
export const ms = (value: number): string => {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
};

function checksLine({ checks }: LoadReport): string {
  const wrong = checks.filter(({ failed }) => failed > 0);
  const asked = checks.reduce((sum, { passed, failed }) => sum + passed + failed, 0);
  if (wrong.length === 0) return `${asked} checks of replies, all right`;
  const names = wrong.map(({ name, failed }) => `  ${failed} × ${name}`);
  return [`${asked} checks of replies, wrong:`, ...names].join('\n');
}

/** The generator's share apart: what it takes the product does not have. */
export function cpuLine({ cpu, machine }: LoadReport): string {
  if (!cpu) return "processor time was not measured: the engine's processes are not this host's";
  const cores = (value: number) => `${value.toFixed(2)} cores`;
  return `of ${machine.processors} processors the product used ${cores(cpu.product_cores)}, the generator ${cores(cpu.generator_cores)}`;
}

function verdictLines(report: LoadReport): string[] {
  if (report.passed) return [`PASSED: all ${report.thresholds.length} thresholds are kept`];
  return ['FAILED: thresholds are crossed', ...crossedIn(report).map((line) => `  ✗ ${line}`)];
}
