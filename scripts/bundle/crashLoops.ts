import { setTimeout as sleep } from 'node:timers/promises';
import { type Inspected, isOneOff, serviceOf } from '../audit/inspected.ts';
import { inspectProject } from '../audit/readFacts.ts';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';

const LOOK_EVERY_MS = 1_000;
/** Starts of a container in this time, with everything there that it needs: after a third one only a change helps. */
const LONGEST_MS = 45_000;
const STARTS = 3;

/** A container that is not well with everything there that it needs: its last start, and how many came since it was first seen so. */
interface Unwell {
  startedAt: string;
  starts: number;
  sinceMs: number;
}

/**
 * Looks again and again at the containers of a project: `look` gives the services that end as often as the engine or
 * Compose starts them, although all that they wait for is well. One whose dependency comes late is none of them.
 */
export function watchCrashLoops() {
  const seen = new Map<string, Unwell>();
  return (containers: Inspected[], nowMs: number): string[] => {
    const wellOnes = new Set(containers.filter(isWellInspected).map(serviceOf));
    const looping: string[] = [];
    for (const one of containers) {
      const isAtFault = !isWellInspected(one) && needsOf(one).every((service) => wellOnes.has(service));
      const known = seen.get(one.Id);
      const { StartedAt: startedAt } = one.State;
      if (!isAtFault) seen.delete(one.Id);
      else if (known === undefined || nowMs - known.sinceMs > LONGEST_MS) {
        seen.set(one.Id, { startedAt, starts: 0, sinceMs: nowMs });
      } else if (startedAt !== known.startedAt) {
        const starts = known.starts + 1;
        seen.set(one.Id, { ...known, startedAt, starts });
        if (starts >= STARTS) looping.push(serviceOf(one));
      }
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
