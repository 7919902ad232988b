import { stringify } from 'yaml';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { formatDuration } from './durations.ts';
import { type AlertSecrets, peopleOf, signOfLife, toLog } from './receivers.ts';
import { alertScaleOf } from './scaledFiles.ts';

/** Overlays that give a person the alerts; each brings its secret. */
export const RECEIVER_OVERLAYS = ['alert-webhook', 'alert-mail', 'alert-slack'] as const;
/** The overlay of what must notice when alerts no longer come. */
export const WATCHDOG_OVERLAY = 'alert-watchdog';

/**
 * Alertmanager's configuration: who gets which alert. Secrets are named by their files and read with each notification.
 * Every alert goes to the API's log too. Throws UsageError and PreconditionError for what Alertmanager would refuse.
 */
export function alertmanagerConfig(settings: BundleSettings, secrets: AlertSecrets): string {
  const scale = alertScaleOf(settings);
  const after = (seconds: number) => formatDuration(Math.max(1, Math.round(seconds / scale)) * 1_000);
  const people = peopleOf(settings, secrets);
  const hasPeople = Object.keys(people).length > 0;
  const hasWatchdog = settings.ORIGIN_OVERLAYS.split(',').includes(WATCHDOG_OVERLAY);
  const config = {
    route: {
      receiver: 'none',
      group_by: ['alertname', 'job'],
      group_wait: after(30),
      group_interval: after(300),
      repeat_interval: after(4 * 3_600),
      routes: [
        {
          receiver: hasWatchdog ? 'watchdog' : 'none',
          matchers: ['alertname = Watchdog'],
          group_wait: '0s',
          group_interval: after(60),
          repeat_interval: after(60),
        },
        { receiver: 'log', matchers: ['severity != none'], continue: true },
        { receiver: hasPeople ? 'people' : 'none', matchers: ['severity != none'] },
      ],
    },
    inhibit_rules: [
      {
        // A warning says nothing new while the same thing is critical.
        source_matchers: ['severity = critical'],
        target_matchers: ['severity = warning'],
        equal: ['topic', 'job', 'instance', 'breaker', 'cn', 'path'],
      },
    ],
    receivers: [
      { name: 'none' },
      { name: 'log', ...toLog() },
      ...(hasPeople ? [{ name: 'people', ...people }] : []),
      ...(hasWatchdog ? [{ name: 'watchdog', ...signOfLife(secrets) }] : []),
    ],
  };
  return `# Made by ./stack init.\n${stringify(config, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
