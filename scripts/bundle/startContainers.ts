import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_PRECONDITION } from '@origin-stack/core/infra/runProcess';
import type { Step } from '../lib/progress.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, docker, mustDocker } from './compose.ts';
import { type Container, isWell, listContainers } from './containers.ts';
import { showWhile, unwellError, waitUntilWell } from './waitUntilWell.ts';

const HEALTHY_DEADLINE_MS = 240_000;
const RETRY_MS = 2_000;
const REPLICAS = ['api-a', 'api-b'];

type Options = { step: Step; signal: AbortSignal };

/**
 * Brings every container to what the Compose file says. Where the API runs already, one replica is replaced after the
 * other has been seen healthy, so that callers notice nothing.
 */
export async function startContainers(dir: BundleDir, options: Options): Promise<Container[]> {
  const before = await listContainers(dir);
  const serving = before.filter((one) => REPLICAS.includes(one.service) && isWell(one));
  if (serving.length === REPLICAS.length) {
    for (const replica of REPLICAS) {
      await composeUp(dir, { ...options, services: [replica] });
      await waitUntilWell(dir, { ...options, services: [replica], deadlineMs: HEALTHY_DEADLINE_MS });
    }
  }
  await composeUp(dir, options);
  const containers = await waitUntilWell(dir, { ...options, deadlineMs: HEALTHY_DEADLINE_MS });
  await reloadNginx(dir);
  return containers;
}

/** Wrong settings, or a migration that failed: nothing of it passes by itself. */
const isForOperator = ({ service, state, exitCode }: Container) =>
  exitCode === EXIT_PRECONDITION || (service === 'migrate' && state === 'exited' && exitCode !== 0);

/**
 * `docker compose up`. It gives up where a service that others wait for ends once; the restart policy does not, and
 * services end where what they need is not there yet. So it is asked again until all is well or the time is over;
 * what the operator must mend ends it at once.
 */
async function composeUp(dir: BundleDir, { step, signal, services }: Options & { services?: string[] }) {
  const argv = composeArgv(dir, 'up', '--detach', '--remove-orphans', ...(services ?? []));
  const endMs = performance.now() + HEALTHY_DEADLINE_MS;
  for (;;) {
    const { code, stderr } = await showWhile(dir, step, docker(argv, { signal }));
    if (code === 0) return;
    const unwell = (await listContainers(dir)).filter((one) => !isWell(one) && one.state !== 'created');
    const isHopeless = unwell.length === 0 || unwell.some(isForOperator);
    if (isHopeless || performance.now() > endMs) {
      if (unwell.length > 0) throw await unwellError(dir, unwell);
      throw new Error(`docker compose up failed: ${stderr.trim().split('\n').slice(-4).join('\n')}`);
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** New settings and a new certificate of nginx come into force by a reload, and only where they are right. */
async function reloadNginx(dir: BundleDir): Promise<void> {
  const nginx = (...args: string[]) =>
    composeArgv(dir, 'exec', '-T', 'nginx', 'nginx', '-c', '/etc/origin/nginx.conf', ...args);
  await mustDocker(nginx('-t'));
  await mustDocker(nginx('-s', 'reload'));
}
