import { setTimeout as sleep } from 'node:timers/promises';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { requireBundle } from '../bundle/bundleSettings.ts';
import { composeArgv, mustDocker } from '../bundle/compose.ts';
import { listContainers } from '../bundle/containers.ts';
import { initBundle } from '../bundle/initBundle.ts';
import { waitUntilWell } from '../bundle/waitUntilWell.ts';
import { askMonitoring } from './askMonitoring.ts';
import { reloadMonitoring } from './reloadMonitoring.ts';
import { alertScaleOf, SCALED_OVERLAY } from './scaledFiles.ts';

/** Three looks of its own health check. */
const READY_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 500;

/**
 * Divides every duration of a running bundle's alerts by `scale` (2 to 60), or makes them whole again by 1. Nothing but
 * Prometheus starts anew; alerts that are pending begin again. A second call with the same scale starts nothing, and mends
 * what a first one that was cut short left: settings without what runs by them. Who calls it holds the bundle's lock.
 * Throws PreconditionError where Prometheus does not come back, or refuses.
 */
export async function setAlertScale(dir: BundleDir, scale: number): Promise<void> {
  if (alertScaleOf(await requireBundle(dir)) !== scale) {
    await initBundle(
      dir,
      scale === 1
        ? { without: [SCALED_OVERLAY] }
        : { overlays: [SCALED_OVERLAY], overlaySettings: [`ORIGIN_ALERT_SCALE=${scale}`] },
    );
  }
  // What is down reads its files when it starts.
  const containers = await listContainers(dir);
  if (!containers.some(({ service, state }) => service === 'prometheus' && state === 'running')) return;
  await mustDocker(composeArgv(dir, 'up', '--detach', '--no-deps', 'prometheus'));
  await untilReady(dir);
  await reloadMonitoring(dir);
  // Others refuse a bundle of which a container is not well yet.
  await waitUntilWell(dir, { services: ['prometheus'], deadlineMs: READY_DEADLINE_MS });
}

/** Sooner than its own health check, which looks every 20 s only. */
async function untilReady(dir: BundleDir): Promise<void> {
  const endMs = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    try {
      await askMonitoring(dir, 'prometheus', '/-/ready');
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}
