import { type Html, html } from '../lib/html.ts';
import { htmlPage } from '../lib/htmlPage.ts';
import { areaChart } from './chart.ts';
import { type LoadReport, rounded } from './loadReport.ts';
import { cpuLine, ms, rate } from './loadText.ts';

/** The report as one page that needs no network. */
export function loadPage(report: LoadReport): string {
  const { load, url, began_at: beganAt, duration_seconds: seconds, version, machine } = report;
  const gib = (machine.memory_bytes / 2 ** 30).toFixed(0);
  const body = html`
<header>
  <p class="pill ${report.passed ? 'good' : 'bad'}">${report.passed ? 'Passed' : 'Thresholds crossed'}</p>
  <h1>Load: ${load}</h1>
  <p class="about">${url} · ${beganAt.slice(0, 19).replace('T', ' ')} UTC · ${seconds} s · Origin Stack ${version} · ${machine.processors} × ${machine.model}, ${gib} GiB</p>
</header>
<section class="tiles">${tilesOf(report)}</section>
<section><h2>Scenarios</h2>${scenarioTable(report)}
<p class="note">Arrivals come at the asked rate, however long answers take. Times are those of single requests, from the first byte sent to the last received.</p></section>
${charts(report)}
<section><h2>Thresholds</h2>${thresholdTable(report)}</section>
<section><h2>Checks of replies</h2>${checkTable(report)}</section>
${services(report)}${words(report)}`;
  return htmlPage(`Load ${load}: ${report.passed ? 'passed' : 'thresholds crossed'}`, body);
}

function tilesOf(report: LoadReport): Html[] {
  const ingest = report.scenarios.find(({ scenario }) => scenario === 'ingest') ?? report.scenarios[0];
  const tile = (value: string, what: string, isBad = false) =>
    html`<div class="tile ${isBad ? 'bad' : ''}"><b>${value}</b><span>${what}</span></div>`;
  return [
    ...(ingest
      ? [
          tile(`${rate(ingest.held_per_second)}/s`, `ingests, ${rate(ingest.asked_per_second)}/s asked`),
          tile(ms(ingest.p95_ms), `P95 of ingest, bound ${ms(ingest.p95_bound_ms)}`, !ingest.ok),
        ]
      : []),
    tile(count(report.requests), 'requests'),
    tile(count(report.failed), 'failed', report.failed > 0),
    tile(count(report.dropped), 'dropped', report.dropped > 0),
    ...(report.cpu
      ? [
          tile(report.cpu.product_cores.toFixed(2), 'cores used by the product'),
          tile(report.cpu.generator_cores.toFixed(2), 'cores used by the generator'),
        ]
      : []),
  ];
}

const count = (value: number) => value.toLocaleString('en');

const mark = (ok: boolean) => (ok ? html`<span class="ok">✓</span>` : html`<span class="no">✗</span>`);

const table = (head: string[], rows: Html[]) =>
  html`<div class="wide"><table><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

const scenarioTable = ({ scenarios }: LoadReport) =>
  table(
    ['Scenario', 'Asked', 'Held', 'Requests', 'Failed', 'P50', 'P95', 'P99', 'Longest', 'Bound of P95', ''],
    scenarios.map((one) => {
      const cells = [
        `${rate(one.asked_per_second)}/s`,
        `${rate(one.held_per_second)}/s`,
        ...[one.requests, one.failed].map(count),
        ...[one.p50_ms, one.p95_ms, one.p99_ms, one.max_ms, one.p95_bound_ms].map(ms),
      ];
      return html`<tr><th>${one.scenario}</th>${cells.map((cell) => html`<td>${cell}</td>`)}<td>${mark(one.ok)}</td></tr>`;
    }),
  );

/** The crossed ones first. */
const thresholdTable = ({ thresholds }: LoadReport) =>
  table(
    ['Metric', 'Condition', 'Measured', ''],
    thresholds
      .toSorted((one, other) => Number(one.ok) - Number(other.ok))
      .map(
        ({ metric, condition, value, ok }) =>
          html`<tr><th><code>${metric}</code></th><td><code>${condition}</code></td><td>${value === null ? '–' : rounded(value)}</td><td>${mark(ok)}</td></tr>`,
      ),
  );

const checkTable = ({ checks }: LoadReport) =>
  table(
    ['What was looked at', 'Right', 'Wrong', ''],
    checks
      .toSorted((one, other) => other.failed - one.failed)
      .map(
        ({ name, passed, failed }) =>
          html`<tr><th>${name}</th><td>${count(passed)}</td><td>${count(failed)}</td><td>${mark(failed === 0)}</td></tr>`,
      ),
  );

/** Figures a second, of counters that only rise. */
const rises = (values: (number | null)[], seconds: number[]) =>
  seconds.slice(1).map((second, at) => {
    const rise = (values[at + 1] ?? 0) - (values[at] ?? 0);
    return Math.max(0, rise / (second - (seconds[at] ?? 0)));
  });

function charts({ timeline, scenarios, cpu, machine }: LoadReport): Html {
  const points = timeline.filter(({ second }, at) => at === 0 || second > (timeline[at - 1]?.second ?? 0));
  if (points.length < 3) return html``;
  const at = points.map(({ second }) => second);
  const seconds = at.slice(1);
  const asked = scenarios.reduce((sum, one) => sum + one.asked_per_second, 0);
  const finished = rises(
    points.map((one) => one.finished),
    at,
  );
  const drawn = [
    areaChart({
      title: 'Finished a second',
      seconds,
      series: [{ label: 'iterations', look: 'rate', values: finished }],
      bound: { label: 'asked', value: asked },
    }),
    areaChart({
      title: 'Callers that wait',
      seconds,
      series: [{ label: 'callers', look: 'callers', values: points.slice(1).map((one) => one.callers) }],
    }),
  ];
  // After the generator's end there is nothing to compare with.
  const measured = points.filter(({ product_cpu: used }) => used !== null);
  if (cpu && measured.length > 2) {
    const times = measured.map(({ second }) => second);
    const cores = (look: 'product' | 'generator') => ({
      label: look,
      look,
      values: rises(
        measured.map((one) => one[`${look}_cpu`]),
        times,
      ),
    });
    const bound = { label: 'processors', value: machine.processors };
    const series = [cores('product'), cores('generator')];
    drawn.push(areaChart({ title: 'Processor cores', seconds: times.slice(1), series, bound }));
  }
  return html`<section class="charts">${drawn}</section>`;
}

function services(report: LoadReport): Html {
  const { cpu } = report;
  if (!cpu) return html`<section><p class="note">${cpuLine(report)}</p></section>`;
  const all = [{ service: 'generator (k6)', cores: cpu.generator_cores, look: 'generator' }].concat(
    cpu.services.filter(({ cores }) => cores >= 0.005).map((one) => ({ ...one, look: 'product' })),
  );
  const most = Math.max(...all.map(({ cores }) => cores), 0.01);
  const rows = all.map(
    ({ service, cores, look }) =>
      html`<tr><th>${service}</th><td>${cores.toFixed(2)}</td><td class="bar"><i class="${look}" style="width:${((cores / most) * 100).toFixed(1)}%"></i></td></tr>`,
  );
  return html`<section><h2>Processor time, in cores</h2><p class="note">${cpuLine(report)}</p>${table(['Service', 'Cores', ''], rows)}</section>`;
}

const words = ({ words: said }: LoadReport): Html =>
  said.length === 0
    ? html``
    : html`<section><h2>What k6 warned of</h2>${table(
        ['Words', 'Times'],
        said.map(({ text, times }) => html`<tr><th>${text}</th><td>${times}</td></tr>`),
      )}</section>`;
