import { activeAlerts } from '@origin-stack/scripts/alerts/activeAlerts.ts';
import { publicAddress } from '@origin-stack/scripts/bundle/bundleClient.ts';
import { isReady } from '@origin-stack/scripts/bundle/bundleStatus.ts';
import { isWell, listContainers } from '@origin-stack/scripts/bundle/containers.ts';
import type { Step } from '@origin-stack/scripts/lib/progress.ts';
import { countStolenTime } from '@origin-stack/scripts/lib/stolenTime.ts';
import type { Aftermath } from '../invariants/aftermath.ts';
import { refusedAreAbsent } from '../invariants/allOrNothing.ts';
import { failsCleanly } from '../invariants/failsCleanly.ts';
import { workIsDone } from '../invariants/workIsDone.ts';
import { type Attempt, type IngestLoad, startIngestLoad } from '../workloads/ingestLoad.ts';
import { type RequestedPack, requestPack } from '../workloads/requestPacks.ts';
import { isFiring, untilQuiet } from './alertStates.ts';
import type { ChaosInbox } from './chaosInbox.ts';
import type { ChaosTarget } from './chaosTarget.ts';
import { oneReplica } from './oneReplica.ts';
import { meetPacks } from './packsUnderWay.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';
import { until } from './until.ts';
import { callersNoticeNothing, edgeVerdicts, hasHeld, hasTurned } from './verdicts.ts';
import { type EdgeWatch, watchEdge } from './watchEdge.ts';

/** Sent before the fault, so that it meets work in its middle. */
const BEFORE = 30;
/** Sent after the heal, so that it is seen to work again. */
const AFTER = 20;
const MOST = 20_000;

export const DEADLINES = {
  /** Under the scale of alerts that chaos sets. */
  alert: 60_000,
  /** Until one of those that were asked for is accepted and not made yet. */
  packs: 20_000,
  readiness: 10_000,
  recovery: 30_000,
  /** A run that died with its worker holds its lease for 35 s at the most. */
  work: 120_000,
} as const;

interface Running {
  target: ChaosTarget;
  inbox: ChaosInbox;
  step: Step;
  signal: AbortSignal;
}

/**
 * Runs one scenario: heal, load, fault, what is to be seen while it lasts, heal, recovery, and then everything is read back, also
 * where a phase did not come. The fault is healed whatever comes of it, and every request goes into `history`. What broke is in
 * the result; nothing is thrown but an interruption.
 */
export async function runScenario(
  scenario: Scenario,
  running: Running,
  history: Attempt[],
): Promise<ScenarioResult> {
  const beganMs = performance.now();
  const stolenTime = countStolenTime();
  const result: ScenarioResult = {
    name: scenario.name,
    sentence: scenario.sentence,
    passed: false,
    began_at: new Date().toISOString(),
    seconds: 0,
    fault: '',
    outcomes: { acknowledged: 0, refused: 0, unknown: 0 },
    times: {
      alert_fired_s: null,
      readiness_turned_s: null,
      recovered_s: null,
      work_done_s: null,
      alert_resolved_s: null,
    },
    verdicts: {},
    stolen: null,
    error: null,
  };
  try {
    await act(scenario, { ...running, history }, result);
  } catch (error) {
    running.signal.throwIfAborted();
    result.error = (error as Error).message;
  } finally {
    await scenario.fault.heal(running.target);
  }
  result.passed = hasHeld(result);
  result.stolen = stolenTime();
  result.seconds = Math.round((performance.now() - beganMs) / 1000);
  return result;
}

async function act(
  scenario: Scenario,
  running: Running & { history: Attempt[] },
  result: ScenarioResult,
): Promise<void> {
  const { target, step, signal, history } = running;
  step.update('is it well');
  await scenario.fault.heal(target);
  await until(() => isSteady(target), { what: 'a steady state', deadlineMs: DEADLINES.work, signal });
  const load = await beginLoad(scenario, target);
  const watch = watchEdge(target);
  const packs: Promise<RequestedPack>[] = [];
  const accepted: RequestedPack[] = [];
  let faultMs = Number.POSITIVE_INFINITY;
  let broken: Error | undefined;
  try {
    await inTime(load.acknowledged(BEFORE), 'the load before the fault');
    step.update(`${scenario.alert.name} is quiet`);
    await untilQuiet(() => activeAlerts(target.dir), scenario.alert, { deadlineMs: DEADLINES.alert, signal });
    const decided = load.history().filter(({ outcome }) => outcome === 'acknowledged');
    for (const attempt of decided.slice(0, scenario.load.packs)) {
      const pack = requestPack(attempt);
      packs.push(pack);
      // Awaited at the end: until then its failure is nobody's.
      pack.then((one) => accepted.push(one)).catch(() => {});
    }
    step.update('the fault');
    const inject = () => {
      faultMs = performance.now();
      const { concurrency, crowd = concurrency } = scenario.load;
      load.join(crowd - concurrency);
      return scenario.fault.inject(target, signal);
    };
    if (scenario.meets === 'packs under way') {
      const met = await meetPacks(accepted, { inject, deadlineMs: DEADLINES.packs, signal });
      result.fault = met.fault;
      result.verdicts.packsUnderWay = met.violations;
    } else result.fault = await inject();
    await whileItLasts(scenario, { ...running, watch, faultMs }, result);
    step.update('healed: recovering');
    await scenario.fault.heal(target);
    result.times.recovered_s = await until(() => isSteady(target), {
      what: 'recovery without a hand',
      deadlineMs: DEADLINES.recovery,
      signal,
    });
    const acknowledged = load.history().filter(({ outcome }) => outcome === 'acknowledged').length;
    await inTime(load.acknowledged(acknowledged + AFTER), 'the load after the heal');
  } catch (error) {
    broken = error as Error;
    // What is under way ends only with the fault.
    await scenario.fault.heal(target);
  } finally {
    load.stop();
    await watch.stop();
    history.push(...(signal.aborted ? load.history() : await load.done));
  }
  signal.throwIfAborted();
  for (const { outcome } of history) result.outcomes[outcome] += 1;
  Object.assign(result.verdicts, edgeVerdicts(scenario, watch.bad, faultMs));
  try {
    await readBack(scenario, { ...running, attempts: history, packs: await Promise.all(packs) }, result);
  } catch (error) {
    broken ??= error as Error;
  }
  if (broken) throw broken;
}

async function beginLoad({ name, load }: Scenario, target: ChaosTarget): Promise<IngestLoad> {
  const at = load.to === 'one replica' ? await oneReplica(target, 'api-a') : target;
  return startIngestLoad({
    apiUrl: at.apiUrl,
    fetch: at.fetch,
    tenants: [target.tenant],
    name: `${name}-${Date.now().toString(36)}`,
    count: MOST,
    concurrency: load.concurrency,
    ...(load.perSecond ? { perSecond: load.perSecond } : {}),
  });
}

/** Every container is well, the public listener is ready. */
async function isSteady({ dir, settings }: ChaosTarget): Promise<boolean> {
  const containers = await listContainers(dir);
  return containers.every(isWell) && (await isReady(publicAddress(dir, settings)));
}

type Watched = Running & { watch: EdgeWatch; faultMs: number };

/** The alert fires, readiness turns where it must. */
async function whileItLasts(
  { alert, readiness, during }: Scenario,
  { target, watch, faultMs, step, signal }: Watched,
  { times, verdicts }: ScenarioResult,
): Promise<void> {
  if (readiness === 'turns') {
    times.readiness_turned_s = await until(async () => hasTurned(watch.bad, faultMs), {
      what: 'readiness says that requests cannot be answered',
      deadlineMs: DEADLINES.readiness,
      signal,
    });
  }
  step.update(`waiting for ${alert.name}`);
  times.alert_fired_s = await until(async () => isFiring(await activeAlerts(target.dir), alert), {
    what: `${alert.name} fires`,
    deadlineMs: DEADLINES.alert,
    signal,
  });
  if (during) verdicts.during = await during(target);
}

/** What was acknowledged is there, what was refused is not, each thing happened once, and the alert is over. */
async function readBack(
  { callers, invariants, alert }: Scenario,
  { target, inbox, attempts, packs, step, signal }: Running & { attempts: Attempt[]; packs: RequestedPack[] },
  { times, verdicts }: ScenarioResult,
): Promise<void> {
  if (callers === 'notice nothing') verdicts.callersNoticeNothing = callersNoticeNothing(attempts);
  const aftermath: Aftermath = {
    product: target,
    owner: target.owner as Aftermath['owner'],
    tenants: [target.tenant],
    inbox,
    attempts,
    packs,
  };
  if (callers === 'may have to repeat') verdicts.failsCleanly = await failsCleanly(aftermath);
  step.update('reading everything back');
  verdicts.refusedAreAbsent = await refusedAreAbsent(aftermath);
  const { firstReplyStands, ...afterwards } = invariants;
  // Repeats what is unknown, so that it has a reply; what follows from that is waited for next.
  if (firstReplyStands) verdicts.firstReplyStands = await firstReplyStands(aftermath);
  times.work_done_s = await until(() => workIsDone(aftermath.owner, aftermath.tenants).then(() => true), {
    what: 'all work is done',
    deadlineMs: DEADLINES.work,
    signal,
  });
  for (const [name, invariant] of Object.entries(afterwards)) {
    step.update(name);
    verdicts[name] = await invariant(aftermath);
  }
  step.update(`waiting for the end of ${alert.name}`);
  times.alert_resolved_s = await until(async () => !isFiring(await activeAlerts(target.dir), alert), {
    what: `${alert.name} resolves`,
    deadlineMs: DEADLINES.alert,
    signal,
  });
}

async function inTime(done: Promise<void>, what: string): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`${what} was not acknowledged within 60 s`)), 60_000).unref();
  });
  await Promise.race([done, late]);
}
