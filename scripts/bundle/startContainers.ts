import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_PRECONDITION } from '@origin-stack/core/infra/runProcess';
import { reloadMonitoring } from '../alerts/reloadMonitoring.ts';
import { serviceOf } from '../audit/inspected.ts';
import { inspect } from '../audit/readFacts.ts';
import type { Step } from '../lib/progress.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, docker } from './compose.ts';
import { type Container, isWell, listContainers } from './containers.ts';
import { reloadNginx } from './nginxReload.ts';
import { removeHalfMade } from './removeHalfMade.ts';
import { showWhile, unlessLooping, unwellError, waitUntilWell } from './waitUntilWell.ts';
import { isUnread, readExpected, whyOther } from './whyOther.ts';
import type { WrittenAt } from './writtenSecrets.ts';

const HEALTHY_DEADLINE_MS = 240_000;
const RETRY_MS = 2_000;
const REPLICAS = ['api-a', 'api-b'];

type Options = { step: Step; signal: AbortSignal };

type StartOptions = Options & { writtenAt: WrittenAt };

/**
 * Brings every container to what the Compose file says. Where the API runs already, one replica is replaced after the
 * other has been seen healthy, so that callers notice nothing.
 */
export async function startContainers(dir: BundleDir, options: StartOptions): Promise<Container[]> {
  const before = await listContainers(dir);
  const { rolled, forced } = orderOfStart(before, await whatToReplace(dir, before, options.writtenAt));
  const others = forced.filter((service) => !rolled.includes(service));
  if (rolled.length > 0) await rollReplicas(dir, { ...options, force: others.length < forced.length });
  if (others.length > 0) await composeUp(dir, { ...options, services: ['--force-recreate', ...others] });
  await composeUp(dir, options);
  const containers = await waitUntilWell(dir, { ...options, deadlineMs: HEALTHY_DEADLINE_MS });
  // New settings and a new public certificate.
  await reloadNginx(dir);
  // New rules and receivers.
  await reloadMonitoring(dir);
  return containers;
}

/** How containers that are there come to what is declared. */
export interface StartOrder {
  /** Replicas that are taken first, one after the other, since callers are served. */
  rolled: string[];
  /** Services that are replaced even where nothing else differs. */
  forced: string[];
}

/** Services whose container is replaced. */
export interface Replaced {
  /** Their process has not read what is there. */
  unread: readonly string[];
  /** Compose replaces them of itself. */
  other: readonly string[];
}

/** What one replica has not read counts for both. */
export function orderOfStart(before: Container[], { unread, other }: Replaced): StartOrder {
  const isServing = before.some((one) => REPLICAS.includes(one.service) && isWell(one));
  const isAnyUnread = REPLICAS.some((replica) => unread.includes(replica));
  const isReplaced = isAnyUnread || REPLICAS.some((replica) => other.includes(replica));
  const rolled = isServing && isReplaced ? REPLICAS : [];
  const isForced = (service: string) => (REPLICAS.includes(service) ? isAnyUnread : unread.includes(service));
  const services = [...new Set([...before.map(({ service }) => service), ...rolled])];
  return { rolled, forced: services.filter(isForced) };
}

/** By what is declared and built now: images are there before containers are started. */
async function whatToReplace(dir: BundleDir, before: Container[], writtenAt: WrittenAt): Promise<Replaced> {
  const [expected, inspected] = await Promise.all([
    readExpected({ argv: composeArgv(dir, 'config') }),
    inspect(before.map(({ id }) => id)),
  ]);
  return {
    unread: inspected.filter((one) => isUnread(one, writtenAt)).map(serviceOf),
    other: inspected.filter((one) => whyOther(one, expected) !== undefined).map(serviceOf),
  };
}

/** Replaces one replica after the other where its image or its settings are others, or always (`force`). */
export async function rollReplicas(dir: BundleDir, options: Options & { force?: boolean }): Promise<void> {
  // One that serves nobody goes first: the other is all that callers have.
  const unwell = (await listContainers(dir)).filter((one) => !isWell(one)).map(({ service }) => service);
  const order = [...REPLICAS].sort(
    (one, other) => Number(unwell.includes(other)) - Number(unwell.includes(one)),
  );
  for (const replica of order) {
    const flags = options.force ? ['--force-recreate'] : [];
    await composeUp(dir, { ...options, services: [...flags, replica] });
    await waitUntilWell(dir, { ...options, services: [replica], deadlineMs: HEALTHY_DEADLINE_MS });
  }
}

/** Wrong settings, or a migration that failed: nothing of it passes by itself. */
const isForOperator = ({ service, state, exitCode }: Container) =>
  exitCode === EXIT_PRECONDITION || (service === 'migrate' && state === 'exited' && exitCode !== 0);

/**
 * `docker compose up`. It gives up where a service that others wait for ends once; the restart policy does not, and
 * services end where what they need is not there yet. So it is asked again until all is well or the time is over;
 * what the operator must mend ends it at once.
 */
const composeUp = (dir: BundleDir, options: Options & { services?: string[] }): Promise<void> =>
  unlessLooping(dir, options.signal, (signal) => upAgainAndAgain(dir, { ...options, signal }));

async function upAgainAndAgain(
  dir: BundleDir,
  { step, signal, services }: Options & { services?: string[] },
) {
  const argv = composeArgv(dir, 'up', '--detach', '--remove-orphans', ...(services ?? []));
  const endMs = performance.now() + HEALTHY_DEADLINE_MS;
  for (;;) {
    await removeHalfMade(dir);
    const { code, stderr } = await showWhile(dir, step, docker(argv, { signal }));
    if (code === 0) return;
    const unwell = (await listContainers(dir)).filter((one) => !isWell(one) && one.state !== 'created');
    const isHopeless = unwell.length === 0 || unwell.some(isForOperator);
    if (isHopeless || performance.now() > endMs) {
      // Those that only had no time yet are not to blame.
      const ended = unwell.filter((one) => isForOperator(one));
      if (unwell.length > 0) throw await unwellError(ended.length > 0 ? ended : unwell);
      throw new Error(`docker compose up failed: ${stderr.trim().split('\n').slice(-4).join('\n')}`);
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}
