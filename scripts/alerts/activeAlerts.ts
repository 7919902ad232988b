import type { BundleDir } from '../bundle/bundleDir.ts';
import { askMonitoring } from './askMonitoring.ts';

/** An alert whose expression holds, as Prometheus tells it. */
export interface ActiveAlert {
  name: string;
  /** `pending` until it has held for as long as the rule asks. */
  state: 'pending' | 'firing';
  /** RFC 3339. */
  since: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface Answer {
  data: { alerts: { state: ActiveAlert['state']; activeAt: string; labels: Labels; annotations: Labels }[] };
}
type Labels = Record<string, string>;

/** Every alert of a bundle that fires or is about to, Watchdog among them. Throws as `askMonitoring` does. */
export async function activeAlerts(dir: BundleDir): Promise<ActiveAlert[]> {
  const { data } = JSON.parse(await askMonitoring(dir, 'prometheus', '/api/v1/alerts')) as Answer;
  return data.alerts.map(({ state, activeAt, labels: { alertname = '', ...labels }, annotations }) => ({
    name: alertname,
    state,
    since: activeAt,
    labels,
    annotations,
  }));
}
