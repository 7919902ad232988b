import { activeAlerts } from '../../alerts/activeAlerts.ts';
import { readReloadState } from '../../alerts/reloadMonitoring.ts';
import type { BundleDir } from '../../bundle/bundleDir.ts';
import { CommandError } from '../../lib/commandErrors.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

/** Whether anything fires is for `./stack alerts`; here it is about whether it could. */
export const alerting = defineCheck({
  name: 'alerting',
  rule: 'alerts are judged, by the configuration that lies there',
  needs: 'running',
  async detect({ dir }) {
    const ofPrometheus = await refused(dir, 'prometheus');
    const ofAlertmanager = await refused(dir, 'alertmanager');
    const others = ofPrometheus.length > 0 ? [] : await unjudged(dir);
    return [...ofPrometheus, ...others, ...ofAlertmanager];
  },
});

async function refused(dir: BundleDir, service: 'prometheus' | 'alertmanager'): Promise<Issue[]> {
  return await orItsError(service, async () => {
    if ((await readReloadState(dir, service)).isGood) return [];
    const what = `${service} refused its configuration, and goes on with the one before; it would not start with it`;
    return [error(what, `./stack logs ${service} (mend what it names, then ./stack up)`)];
  });
}

async function unjudged(dir: BundleDir): Promise<Issue[]> {
  return await orItsError('prometheus', async () => {
    if ((await activeAlerts(dir)).some(({ name, state }) => name === 'Watchdog' && state === 'firing'))
      return [];
    return [error('Watchdog does not fire: no alert does', './stack logs prometheus')];
  });
}

async function orItsError(service: string, look: () => Promise<Issue[]>): Promise<Issue[]> {
  try {
    return await look();
  } catch (thrown) {
    if (!(thrown instanceof CommandError)) throw thrown;
    return [
      error(
        `${service} does not answer: ${thrown.why}`,
        `./stack up (what it says: ./stack logs ${service})`,
      ),
    ];
  }
}
