import { setTimeout as sleep } from 'node:timers/promises';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { Step } from '../lib/progress.ts';
import { redact } from '../lib/redact.ts';
import type { BundleDir } from './bundleDir.ts';
import { docker } from './compose.ts';
import { type Container, isWell, listContainers } from './containers.ts';
import { untilCrashLoop } from './crashLoops.ts';

const LOOK_EVERY_MS = 1_000;

interface WaitOptions {
  /** Only these; every one where unset. */
  services?: string[];
  deadlineMs: number;
  step?: Step;
  signal?: AbortSignal;
}

/** Waits until every container is as it should be, and says which are not. Throws with the last words of those. */
export async function waitUntilWell(
  dir: BundleDir,
  { services, deadlineMs, step, signal }: WaitOptions,
): Promise<Container[]> {
  const within = signal ?? new AbortController().signal;
  return await unlessLooping(dir, within, (until) =>
    waitFor(dir, { services, deadlineMs, step, signal: until }),
  );
}

async function waitFor(
  dir: BundleDir,
  { services, deadlineMs, step, signal }: Omit<WaitOptions, 'signal'> & { signal: AbortSignal },
): Promise<Container[]> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const all = await listContainers(dir);
    const containers = services ? all.filter(({ service }) => services.includes(service)) : all;
    const unwell = unwellOf(containers);
    if (containers.length > 0 && unwell.length === 0) return containers;
    if (step) show(step, containers);
    if (performance.now() > endMs) throw await unwellError(unwell);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Does the work; where a container ends again and again meanwhile, stops it and throws with that one's last words. */
export async function unlessLooping<T>(
  dir: BundleDir,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const looking = untilCrashLoop(dir, AbortSignal.any([signal, over.signal]));
  const stopped = new AbortController();
  const working = work(AbortSignal.any([signal, stopped.signal]));
  try {
    const first = await Promise.race([
      working.then((value) => ({ value })),
      looking.then((services) => ({ services })),
    ]);
    if ('value' in first) return first.value;
    throw await unwellError(
      (await listContainers(dir)).filter(({ service }) => first.services.includes(service)),
    );
  } finally {
    over.abort();
    stopped.abort();
    await Promise.allSettled([looking, working]);
  }
}

const unwellOf = (containers: Container[]) => containers.filter((container) => !isWell(container));

function show(step: Step, containers: Container[]): void {
  const unwell = unwellOf(containers);
  const well = containers.length - unwell.length;
  const waiting = unwell.map(({ service }) => service).join(', ');
  step.update(
    `${well} of ${containers.length} are well${waiting ? `, not yet ${waiting}` : ''}`,
    well / Math.max(1, containers.length),
  );
}

/** Shows how far the containers are until `work` is over. */
export async function showWhile<T>(dir: BundleDir, step: Step, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const shown = (async () => {
    while (!over.signal.aborted) {
      show(step, await listContainers(dir));
      await sleep(2 * LOOK_EVERY_MS, undefined, { signal: over.signal });
    }
  })().catch(() => {});
  try {
    return await work;
  } finally {
    over.abort();
    await shown;
  }
}

/** Says which containers are not well, with the last lines that each wrote. */
export async function unwellError(unwell: Container[]): Promise<PreconditionError> {
  const words = await Promise.all(
    unwell.map(async ({ id, service, status }) => {
      const { stdout, stderr } = await docker(['logs', '--tail', '6', id]);
      const lines = `${stdout}${stderr}`.trim().split('\n').slice(-6);
      return [`${service}: ${status}`, ...lines.map((line) => `  ${redact(line).slice(0, 300)}`)].join('\n');
    }),
  );
  return new PreconditionError({
    what: `not well: ${unwell.map(({ service }) => service).join(', ')}`,
    why: words.join('\n'),
    next: `./stack logs ${unwell[0]?.service ?? ''}`.trim(),
  });
}
