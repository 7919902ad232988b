import { setTimeout as sleep } from 'node:timers/promises';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { Step } from '../lib/progress.ts';
import { redact } from '../lib/redact.ts';
import type { BundleDir } from './bundleDir.ts';
import { docker } from './compose.ts';
import { type Container, isWell, listContainers } from './containers.ts';

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
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const all = await listContainers(dir);
    const containers = services ? all.filter(({ service }) => services.includes(service)) : all;
    const unwell = unwellOf(containers);
    if (containers.length > 0 && unwell.length === 0) return containers;
    if (step) show(step, containers);
    if (performance.now() > endMs) throw await unwellError(unwell);
    await sleep(LOOK_EVERY_MS, undefined, signal ? { signal } : {});
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
