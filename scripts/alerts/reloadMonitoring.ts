import { setTimeout as sleep } from 'node:timers/promises';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { composeArgv, docker, mustDocker } from '../bundle/compose.ts';
import { HANG_UP } from '../bundle/hangUp.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { redact } from '../lib/redact.ts';
import { askMonitoring, type MonitoringService } from './askMonitoring.ts';

const SERVICES: MonitoringService[] = ['prometheus', 'alertmanager'];
const DEADLINE_MS = 20_000;
const LOOK_EVERY_MS = 250;

/** How a service's last look at its configuration ended. */
export interface ReloadState {
  /** False: it goes on with the one before. */
  isGood: boolean;
  /** When one was last taken into force, in seconds since 1970. */
  goodAtSeconds: number;
}

export async function readReloadState(dir: BundleDir, service: MonitoringService): Promise<ReloadState> {
  const metrics = await askMonitoring(dir, service, '/metrics');
  const metric = (name: string) =>
    Number(new RegExp(`^${service}_config_last_reload_${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  return { isGood: metric('successful') === 1, goodAtSeconds: metric('success_timestamp_seconds') };
}

/**
 * Has Prometheus and Alertmanager read their configuration, rules and receivers again, without a restart. Throws
 * PreconditionError with its words where one refuses: it goes on with what it had.
 */
export async function reloadMonitoring(dir: BundleDir): Promise<void> {
  for (const service of SERVICES) await reload(dir, service);
}

async function reload(dir: BundleDir, service: MonitoringService): Promise<void> {
  const before = await readReloadState(dir, service);
  await mustDocker(composeArgv(dir, 'exec', '-T', service, ...HANG_UP));
  const endMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const now = await readReloadState(dir, service);
    if (now.isGood && now.goodAtSeconds > before.goodAtSeconds) return;
    // One that was refused before says nothing of this time until it is taken, or the time is over.
    const isRefused = !now.isGood && before.isGood;
    if (isRefused || performance.now() > endMs) throw await refusal(dir, service);
    await sleep(LOOK_EVERY_MS);
  }
}

async function refusal(dir: BundleDir, service: MonitoringService): Promise<PreconditionError> {
  const { stdout } = await docker(composeArgv(dir, 'logs', '--no-log-prefix', '--tail', '50', service));
  const words = [...stdout.matchAll(/\berr="((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
  return new PreconditionError({
    what: `${service} refuses its configuration, and goes on with the one before`,
    why: redact(words ?? `./stack logs ${service} says why`),
    next:
      service === 'prometheus'
        ? 'mend what is in prometheus/, then ./stack up'
        : './stack up with other settings',
  });
}
