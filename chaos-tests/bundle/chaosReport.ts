import { alignColumns } from '@origin-stack/scripts/lib/alignColumns.ts';
import type { CommandResult, Json } from '@origin-stack/scripts/lib/command.ts';
import { type Html, html } from '@origin-stack/scripts/lib/html.ts';
import { htmlPage } from '@origin-stack/scripts/lib/htmlPage.ts';
import { stolenInWords } from '@origin-stack/scripts/lib/stolenTime.ts';
import type { ReportFiles } from '@origin-stack/scripts/load/reportFiles.ts';
import type { ChaosRun } from './runChaos.ts';
import type { ScenarioResult } from './scenario.ts';

export interface ChaosReport extends ChaosRun {
  passed: boolean;
  url: string;
  version: string;
  began_at: string;
}

/** Never green with a scenario that was not begun, and never without one. */
export const isPassed = ({ results, left }: Pick<ChaosRun, 'results' | 'left'>): boolean =>
  results.length > 0 && left.length === 0 && results.every(({ passed }) => passed);

/** What the command says and ends with. */
export const chaosOutcome = (
  report: ChaosReport,
  files: ReportFiles & { history: string },
): CommandResult => ({
  data: { ...report, files } as unknown as Json,
  text: [chaosText(report), `Report: ${files.html}`].join('\n'),
  exitCode: report.passed ? 0 : 1,
});

const seconds = (value: number | null) => (value === null ? '–' : `${value} s`);

/** The verdict as a table, and below it what does not hold. */
export function chaosText({ passed, results, left }: ChaosReport): string {
  const rows = results.map(({ name, passed: ok, outcomes, times, seconds: took, stolen }) => [
    ok ? '✓' : '✗',
    name,
    `${outcomes.acknowledged}`,
    `${outcomes.unknown}`,
    `${outcomes.refused}`,
    seconds(times.alert_fired_s),
    seconds(times.recovered_s),
    seconds(times.work_done_s),
    `${took} s`,
    stolenInWords(stolen),
  ]);
  const head = [
    '',
    'SCENARIO',
    'ACKNOWLEDGED',
    'UNKNOWN',
    'REFUSED',
    'ALERT',
    'RECOVERED',
    'WORK DONE',
    'IN ALL',
    'STOLEN',
  ];
  const wrong = results.flatMap((result) => violationsOf(result).map((line) => `✗ ${result.name}: ${line}`));
  return [
    ...alignColumns([head, ...rows]),
    ...(left.length > 0 ? ['', `not begun: ${left.join(', ')}`] : []),
    ...(wrong.length > 0 ? ['', ...wrong.slice(0, 40)] : []),
    '',
    passed ? 'Every invariant held; every alert fired and resolved.' : 'Not passed.',
  ].join('\n');
}

function violationsOf({ error, verdicts }: ScenarioResult): string[] {
  const found = Object.entries(verdicts).flatMap(([name, lines]) => lines.map((line) => `${name}: ${line}`));
  return error === null ? found : [error, ...found];
}

/** The report as one page that needs no network. */
export function chaosPage(report: ChaosReport): string {
  const { passed, url, version, began_at: beganAt, results, left, requests } = report;
  const body = html`
<header>
  <p class="pill ${passed ? 'good' : 'bad'}">${passed ? 'Passed' : 'Not passed'}</p>
  <h1>Chaos</h1>
  <p class="about">${url} · ${beganAt.slice(0, 19).replace('T', ' ')} UTC · Origin Stack ${version} · ${results.length} scenarios, ${requests} requests</p>
  ${left.length > 0 ? html`<p class="about">Not begun: ${left.join(', ')}</p>` : ''}
</header>
${results.map(sectionOf)}`;
  return htmlPage(`Chaos: ${passed ? 'passed' : 'not passed'}`, body);
}

function sectionOf(result: ScenarioResult): Html {
  const { name, sentence, passed, fault, outcomes, times, verdicts, stolen, error } = result;
  const facts: [string, string][] = [
    ['Fault', fault || 'none was injected'],
    [
      'Requests',
      `${outcomes.acknowledged} acknowledged, ${outcomes.unknown} unknown, ${outcomes.refused} refused`,
    ],
    [
      'Readiness',
      times.readiness_turned_s === null ? 'stayed' : `turned ${times.readiness_turned_s} s after the fault`,
    ],
    ['Alert fired', `${seconds(times.alert_fired_s)} after the fault (alerts in a part of their time)`],
    ['Recovered', `${seconds(times.recovered_s)} after the heal`],
    ['All work done', `${seconds(times.work_done_s)} after the read-back began`],
    ['Alert resolved', `${seconds(times.alert_resolved_s)} after the read-back`],
    ['Processors', `${stolenInWords(stolen)} of their time was given to others by this machine's host`],
    ...(error === null ? [] : ([['Ended early', error]] as [string, string][])),
  ];
  const rows = Object.entries(verdicts).map(
    ([what, lines]) =>
      html`<tr><th>${what}</th><td>${lines.length === 0 ? html`<span class="ok">✓ holds</span>` : html`<span class="no">✗ ${lines.length}: ${lines.slice(0, 8).join('; ')}</span>`}</td></tr>`,
  );
  return html`<section><h2><span class="${passed ? 'ok' : 'no'}">${passed ? '✓' : '✗'}</span> ${name}</h2>
<p class="note">${sentence}</p>
<div class="wide"><table><tbody>${facts.map(([what, value]) => html`<tr><th>${what}</th><td>${value}</td></tr>`)}${rows}</tbody></table></div></section>`;
}
