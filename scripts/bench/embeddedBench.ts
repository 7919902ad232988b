import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { detachSupervisor } from '../embedded/detach.ts';
import { findTenant } from '../embedded/findTenant.ts';
import { installationKey } from '../embedded/installationTenant.ts';
import { openOperator } from '../embedded/operator.ts';
import { findRunning } from '../embedded/runState.ts';
import { locateStateDir } from '../embedded/stateDir.ts';
import { stopSupervisor } from '../embedded/stopSupervisor.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import type { Progress } from '../lib/progress.ts';
import type { BenchPart } from './part.ts';
import type { BenchResult } from './report.ts';

const START_DEADLINE_MS = 120_000;

/** Runs parts of the bench on an embedded installation of their own, which is gone afterwards. */
export async function embeddedBench(
  parts: readonly BenchPart[],
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<BenchResult[]> {
  const root = join(CHECKOUT, '.stack', 'bench');
  const dir = locateStateDir(root);
  await stopSupervisor(dir);
  await rm(root, { recursive: true, force: true });
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const [port = 0, internal = 0, worker = 0] = ports;
  const argv = ['up', '--embedded', '--state-dir', root, '--port', String(port)];
  argv.push('--internal-port', String(internal), '--worker-port', String(worker));
  const results: BenchResult[] = [];
  try {
    const starting = progress.step('starting an installation to measure');
    await detachSupervisor({ dir, argv, deadlineMs: START_DEADLINE_MS, signal });
    starting.done();
    await using operator = await openOperator(root);
    const apiKey = await installationKey(operator, 'bench', root);
    const { id: tenantId } = await findTenant(operator, 'bench');
    const state = await findRunning(dir);
    const pids = Object.fromEntries(
      (state?.services ?? []).map(({ name, process }) => [name, process?.pid ?? 0]),
    );
    for (const part of parts) {
      signal.throwIfAborted();
      const step = progress.step(part.title);
      const url = operator.apiUrl;
      const figures = await part.run({ dir, operator, url, apiKey, tenantId, pids, step });
      results.push({ ...part, figures });
      step.done();
    }
  } finally {
    await stopSupervisor(dir);
    await rm(root, { recursive: true, force: true });
  }
  return results;
}
