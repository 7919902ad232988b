import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { engineAnswers } from './bundle/compose.ts';
import { removeTestProjects } from './bundle/test/testProject.ts';
import { CHECKOUT } from './lib/checkout.ts';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import type { Suite, Tally } from './suites/suite.ts';
import { SUITES } from './suites/suites.ts';

const RESULTS = join(CHECKOUT, '.stack', 'test');
const TAIL_LINES = 60;
const SLOWEST = 20;

interface Outcome extends Tally {
  suite: string;
  seconds: number;
  budgetMinutes: number;
}

export const command = defineCommand({
  name: 'test',
  summary: 'Run every suite that this host can run',
  arguments: { usage: '[SUITE…]', min: 0, max: 50 },
  details:
    `Suites: ${SUITES.map((suite) => suite.name).join(', ')}. What was skipped is listed with the reason; with --all it is a ` +
    'failure. Output and JUnit reports are in .stack/test.',
  examples: ['./stack test', './stack test lint types core', './stack test --all'],
  flags: {
    all: { type: 'boolean', summary: 'whatever is skipped is a failure' },
    nightly: { type: 'boolean', summary: 'also what is too long for every change' },
  },
  async run({ flags, args, progress, print, signal, json }) {
    const suites = chosen(args, flags.nightly);
    await rm(RESULTS, { recursive: true, force: true });
    await mkdir(RESULTS, { recursive: true });
    if (await engineAnswers()) await removeTestProjects();
    const outcomes: Outcome[] = [];
    for (const suite of suites) {
      signal.throwIfAborted();
      const step = progress.step(suite.name);
      const outcome = await runSuite(suite, signal);
      outcomes.push(outcome);
      const counts = `${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped.length} skipped`;
      if (outcome.failed === 0) step.done(`${counts} of ${suite.budgetMinutes} min`);
      else step.fail(counts);
      if (outcome.failed > 0) progress.note(await tailOf(suite));
    }
    const text = summary(outcomes) + slowestOf(outcomes);
    const failed = sum(outcomes, 'failed');
    const skipped = outcomes.flatMap((outcome) => outcome.skipped);
    if (!json) print(text);
    return {
      data: {
        suites: outcomes.map(({ ran, ...outcome }) => ({
          ...outcome,
          skipped: outcome.skipped.map((one) => ({ ...one })),
        })),
      },
      text: `${sum(outcomes, 'passed')} passed, ${failed} failed, ${skipped.length} skipped`,
      exitCode: failed > 0 || (flags.all && skipped.length > 0) ? 1 : 0,
    };
  },
});

function chosen(names: string[], nightly: boolean): Suite[] {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0)
    throw new UsageError({ what: `no such suite: ${unknown.join(', ')}`, next: './stack test --help' });
  if (names.length > 0) return SUITES.filter((suite) => names.includes(suite.name));
  return SUITES.filter((suite) => nightly || !suite.nightly);
}

const logOf = (suite: Suite) => join(RESULTS, `${suite.name}.log`);

async function runSuite(suite: Suite, signal: AbortSignal): Promise<Outcome> {
  const startMs = performance.now();
  const reason = await suite.missing?.();
  const about = { suite: suite.name, budgetMinutes: suite.budgetMinutes };
  if (reason)
    return { ...about, seconds: 0, passed: 0, failed: 0, skipped: [{ name: suite.name, reason }], ran: [] };
  const budget = AbortSignal.timeout(suite.budgetMinutes * 60_000);
  const junitFile = join(RESULTS, `${suite.name}.xml`);
  const run = { logFile: logOf(suite), junitFile, signal: AbortSignal.any([signal, budget]) };
  const seconds = () => Math.round((performance.now() - startMs) / 100) / 10;
  try {
    return { ...(await suite.run(run)), ...about, seconds: seconds() };
  } catch (error) {
    signal.throwIfAborted();
    // A suite that wrote no report did not run: that is a failure, whatever it said.
    const reason = budget.aborted ? 'it took longer than its budget' : (error as Error).message;
    return {
      ...about,
      seconds: seconds(),
      passed: 0,
      failed: 1,
      skipped: [{ name: suite.name, reason }],
      ran: [],
    };
  }
}

async function tailOf(suite: Suite): Promise<string> {
  const text = await readFile(logOf(suite), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

const sum = (outcomes: Outcome[], what: 'passed' | 'failed') =>
  outcomes.reduce((total, outcome) => total + outcome[what], 0);

/** What a shorter run would begin with. */
function slowestOf(outcomes: Outcome[]): string {
  const ran = outcomes.flatMap((outcome) => outcome.ran);
  if (ran.length === 0) return '';
  const slowest = ran.sort((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  const lines = slowest.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`);
  return ['', 'the slowest tests:', ...lines, ''].join('\n');
}

function summary(outcomes: Outcome[]): string {
  const rows = outcomes.map(({ suite, passed, failed, skipped, seconds, budgetMinutes }) =>
    [
      suite.padEnd(14),
      String(passed).padStart(6),
      String(failed).padStart(6),
      String(skipped.length).padStart(7),
      `${seconds.toFixed(1)} s`.padStart(9),
      `${budgetMinutes} min`.padStart(8),
    ].join(' '),
  );
  const byReason = Map.groupBy(
    outcomes.flatMap(({ suite, skipped }) => skipped.map((one) => ({ suite, ...one }))),
    ({ suite, reason }) => `${suite}: ${reason}`,
  );
  const skips = [...byReason].map(([reason, cases]) => `  ${String(cases.length).padStart(3)}  ${reason}`);
  const head = 'SUITE          PASSED FAILED SKIPPED      TIME   BUDGET';
  return ['', head, ...rows, '', skips.length > 0 ? 'skipped:' : 'nothing was skipped', ...skips, ''].join(
    '\n',
  );
}
