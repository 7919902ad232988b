import { type ActiveAlert, activeAlerts } from './alerts/activeAlerts.ts';
import { RECEIVER_OVERLAYS, WATCHDOG_OVERLAY } from './alerts/alertmanagerConfig.ts';
import { alertScaleOf } from './alerts/scaledFiles.ts';
import { locateBundle } from './bundle/bundleDir.ts';
import { type BundleSettings, requireBundle } from './bundle/bundleSettings.ts';
import { defineCommand, type Json } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'alerts',
  summary: 'Show which alerts fire, what to read about each, and who gets them',
  details:
    'As Prometheus sees it now; `pending` is what fires when it goes on. Exits 0 where nothing fires, 1 where something does. ' +
    'Watchdog always fires, as a sign of life, and does not count; where it is missing, alerts are not judged.',
  examples: ['./stack alerts', './stack alerts --json'],
  flags: { 'state-dir': stateDirFlag },
  async run({ flags }) {
    const dir = locateBundle(flags['state-dir']);
    const settings = await requireBundle(dir);
    const all = await activeAlerts(dir);
    const alerts = all.filter(({ name }) => name !== 'Watchdog');
    const isJudged = alerts.length < all.length;
    const receivers = receiversOf(settings);
    const isQuiet = isJudged && alerts.every(({ state }) => state === 'pending');
    return {
      data: { alerts, watchdog: isJudged, receivers, scale: alertScaleOf(settings) } as unknown as Json,
      text: textOf({ alerts, isJudged, receivers, scale: alertScaleOf(settings) }),
      exitCode: isQuiet ? 0 : 1,
    };
  },
});

const receiversOf = ({ ORIGIN_OVERLAYS }: BundleSettings): string[] =>
  ORIGIN_OVERLAYS.split(',').filter((name) =>
    [...RECEIVER_OVERLAYS, WATCHDOG_OVERLAY].some((overlay) => overlay === name),
  );

interface Shown {
  alerts: ActiveAlert[];
  isJudged: boolean;
  receivers: string[];
  scale: number;
}

function textOf({ alerts, isJudged, receivers, scale }: Shown): string {
  const lines = alerts.flatMap(({ name, state, since, labels, annotations }) => [
    `${state === 'firing' ? '✗' : '·'} ${name} (${labels.severity}, ${state} since ${since.slice(0, 19)}Z)`,
    `    ${annotations.summary}`,
    `    ${annotations.description}`,
    `    ${annotations.runbook_url}`,
  ]);
  return [
    ...(isJudged ? [] : ['✗ Watchdog does not fire: Prometheus has no rules, or began just now']),
    ...(lines.length > 0 ? lines : ['nothing fires']),
    receivers.length > 0
      ? `receivers: ${receivers.join(', ')}`
      : "nobody gets alerts: they are in the API's log only (docs/bundle.md, Alerts)",
    ...(scale === 1 ? [] : [`every duration is divided by ${scale} (overlay scaled-alerts)`]),
  ].join('\n');
}
