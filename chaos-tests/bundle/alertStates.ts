import type { ActiveAlert } from '@origin-stack/scripts/alerts/activeAlerts.ts';
import type { Scenario } from './scenario.ts';
import { type UntilOptions, until } from './until.ts';

type Wanted = Scenario['alert'];

const isOf =
  ({ name, labels }: Wanted) =>
  (one: ActiveAlert) =>
    one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value);

export const isFiring = (active: ActiveAlert[], wanted: Wanted): boolean =>
  active.some((one) => one.state === 'firing' && isOf(wanted)(one));

/**
 * Waits until an alert neither fires nor is about to, so that what fires later tells of the fault. Throws naming it where it
 * does not become quiet.
 */
export async function untilQuiet(
  activeAlerts: () => Promise<ActiveAlert[]>,
  wanted: Wanted,
  options: Omit<UntilOptions, 'what'>,
): Promise<void> {
  const labels = Object.entries(wanted.labels).map(([label, value]) => `${label}="${value}"`);
  const what = `${wanted.name}{${labels.join(',')}} is quiet before the fault`;
  await until(async () => !(await activeAlerts()).some(isOf(wanted)), { ...options, what });
}
