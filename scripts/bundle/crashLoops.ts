import { setTimeout as sleep } from 'node:timers/promises';
import { type Inspected, isOneOff, serviceOf } from '../audit/inspected.ts';
import { inspectProject } from '../audit/readFacts.ts';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';

const LOOK_EVERY_MS = 1_000;
/** Endings of a container in this time, with everything there that it needs: a third one passes by nothing but a change. */
const LONGEST_MS = 45_000;
const ENDINGS = 3;

/** A container that ended with everything there that it needs, and how often it had been started again. */
interface Ending {
  restarts: number;
  sinceMs: number;
}

/**
 * Looks again and again at the containers of a project: `look` gives the services that end as often as they are started,
 * although all that they wait for is well. One whose dependency comes late is none of them.
 */
export function watchCrashLoops() {
  const seen = new Map<string, Ending>();
  return (containers: Inspected[], nowMs: number): string[] => {
    const wellOnes = new Set(containers.filter(isWellInspected).map(serviceOf));
    const looping: string[] = [];
    for (const one of containers) {
      const isAtFault = !isWellInspected(one) && needsOf(one).every((service) => wellOnes.has(service));
      const begun = seen.get(one.Id);
      if (!isAtFault) seen.delete(one.Id);
      else if (begun === undefined) seen.set(one.Id, { restarts: one.RestartCount, sinceMs: nowMs });
      else if (one.RestartCount - begun.restarts >= ENDINGS) looping.push(serviceOf(one));
      else if (nowMs - begun.sinceMs > LONGEST_MS)
        seen.set(one.Id, { restarts: one.RestartCount, sinceMs: nowMs });
    }
    return looping.sort();
  };
}

/** Resolves with the services of the bundle that end again and again; rejects when `signal` says so. */
export async function untilCrashLoop(dir: BundleDir, signal: AbortSignal): Promise<string[]> {
  const { COMPOSE_PROJECT_NAME: project } = await requireBundle(dir);
  const look = watchCrashLoops();
  for (;;) {
    const containers = (await inspectProject(project)).filter((one) => !isOneOff(one));
    const looping = look(containers, performance.now());
    if (looping.length > 0) return looping;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** As Compose waits for it: healthy, or ended well where it is to end. */
function isWellInspected({ State }: Inspected): boolean {
  if (State.Status === 'exited') return State.ExitCode === 0;
  return State.Running && (State.Health?.Status ?? 'healthy') === 'healthy';
}

/** `service:condition:restart`, with commas. */
function needsOf({ Config }: Inspected): string[] {
  const label = Config.Labels?.['com.docker.compose.depends_on'] ?? '';
  return label
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/:.*$/, ''));
}
