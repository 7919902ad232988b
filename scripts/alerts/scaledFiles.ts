import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { UsageError } from '../lib/commandErrors.ts';
import { PROMETHEUS_FOLDER, ruleFiles } from './alertRules.ts';
import { scalePrometheus, scaleRules } from './scaleRules.ts';

/** The overlay under which the bundle's alerts take a part of their time: for tests and chaos. */
export const SCALED_OVERLAY = 'scaled-alerts';
const RULES = 'scaled-rules.yml';

const LARGEST = 60;

/** What the durations of alerts are divided by; 1 where the overlay is not in force. Throws UsageError for no such number. */
export function alertScaleOf(settings: BundleSettings): number {
  if (!settings.ORIGIN_OVERLAYS.split(',').includes(SCALED_OVERLAY)) return 1;
  const text = settings.ORIGIN_ALERT_SCALE ?? '';
  const scale = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (scale >= 2 && scale <= LARGEST) return scale;
  throw new UsageError({
    what: `ORIGIN_ALERT_SCALE=${text} is no number from 2 to ${LARGEST}`,
    next: `type it again with --set ORIGIN_ALERT_SCALE=20`,
  });
}

/** Prometheus' configuration and rules with their durations divided, for its folder; none where the overlay is not in force. */
export async function scaledFiles(settings: BundleSettings) {
  const factor = 1 / alertScaleOf(settings);
  if (factor === 1) return [];
  const read = (file: string) => readFile(join(PROMETHEUS_FOLDER, file), 'utf8');
  const config = scalePrometheus(await read('prometheus.yml'), factor, `/run/secrets/${RULES}`);
  // Those beside a target stay where they are: the folder may be taken away by another overlay.
  const own = ruleFiles().filter((file) => file.startsWith('rules/'));
  const groups = (await Promise.all(own.map(read))).map((text) => parseDocument(text).toJS().groups);
  const rules = scaleRules(JSON.stringify({ groups: groups.flat() }), factor);
  const folder = 'prometheus' as const;
  return [
    { folder, file: 'scaled-prometheus.yml', content: config },
    { folder, file: RULES, content: rules },
  ];
}
