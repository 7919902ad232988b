import { setAlertScale } from '@origin-stack/scripts/alerts/alertScale.ts';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { requireBundle } from '@origin-stack/scripts/bundle/bundleSettings.ts';
import type { Progress } from '@origin-stack/scripts/lib/progress.ts';
import type { Attempt } from '../workloads/ingestLoad.ts';
import { openInbox } from './chaosInbox.ts';
import { openChaosTarget } from './chaosTarget.ts';
import { healWhenGone } from './healer.ts';
import { runScenario } from './runScenario.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** Alerts take a twentieth of their time: what waits two minutes waits six seconds. */
export const ALERT_SCALE = 20;

/** One request of a scenario's load, and what its sender knows of it. */
export interface HistoryLine extends Pick<Attempt, 'correlationId' | 'outcome' | 'status' | 'error'> {
  scenario: string;
  external_id: string;
  upload_id: string | null;
}

export interface ChaosRun {
  results: ScenarioResult[];
  /** Scenarios that were not begun, since the bundle did not come back, or the time was over. */
  left: string[];
  requests: number;
}

interface Context {
  progress: Progress;
  signal: AbortSignal;
  /** When no further scenario begins, as performance.now(). */
  deadlineMs: number;
  /** Keeps the requests of a scenario that ended, however it ended. */
  record(lines: HistoryLine[]): Promise<void>;
}

/**
 * Runs scenarios one after the other on a bundle that is healed and well, which is healed and whole again afterwards,
 * whatever comes of it: at the end of this process by itself, and where it is killed by another that waits for that. The
 * caller holds the lock.
 */
export async function runChaos(
  dir: BundleDir,
  scenarios: readonly Scenario[],
  { progress, signal, deadlineMs, record }: Context,
): Promise<ChaosRun> {
  const healer = healWhenGone(dir);
  const run: ChaosRun = { results: [], left: [], requests: 0 };
  try {
    const scaling = progress.step(`alerts in a ${ALERT_SCALE}th of their time`);
    await setAlertScale(dir, ALERT_SCALE);
    scaling.done();
    const target = await openChaosTarget(dir, signal);
    await using inbox = await openInbox(target);
    for (const [index, scenario] of scenarios.entries()) {
      if (performance.now() > deadlineMs) {
        run.left = scenarios.slice(index).map(({ name }) => name);
        break;
      }
      const step = progress.step(`${index + 1}/${scenarios.length} ${scenario.name}`);
      const history: Attempt[] = [];
      let result: ScenarioResult;
      try {
        result = await runScenario(scenario, { target, inbox, step, signal }, history);
      } finally {
        run.requests += history.length;
        await record(history.map((attempt) => lineOf(scenario, attempt)));
      }
      run.results.push(result);
      if (result.passed) step.done(`${history.length} requests`);
      else step.fail(result.error ?? 'an invariant does not hold');
      // What did not come back is not harmed further.
      if (result.error !== null) {
        run.left = scenarios.slice(index + 1).map(({ name }) => name);
        break;
      }
    }
  } finally {
    await heal(dir);
    healer.kill();
  }
  return run;
}

/** Takes back what any scenario does, and the scale of alerts; where nothing is to be taken back it changes nothing. */
export async function heal(dir: BundleDir): Promise<void> {
  await healAll(dir);
  await setAlertScale(dir, 1);
}

/** One that cannot be healed keeps none of the others from it. */
async function healAll(dir: BundleDir): Promise<void> {
  const settings = await requireBundle(dir);
  const errors: unknown[] = [];
  for (const { fault } of SCENARIOS) await fault.heal({ dir, settings }).catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

const lineOf = ({ name }: Scenario, attempt: Attempt): HistoryLine => ({
  scenario: name,
  external_id: attempt.request.external_id,
  correlationId: attempt.correlationId,
  outcome: attempt.outcome,
  status: attempt.status,
  error: attempt.error,
  upload_id: attempt.reply?.upload_id ?? null,
});
