import type { BundleDir } from '../bundle/bundleDir.ts';
import { rotateKeys } from '../bundle/keys/rotateKeys.ts';
import { SERVICE_KEYS } from '../bundle/keys/serviceKeys.ts';
import type { Progress } from '../lib/progress.ts';
import { startKeyCallers } from './keyCallers.ts';
import { type Figure, ms } from './part.ts';

/** What callers of the internal interfaces meet while the keys of all of them rotate. */
export async function rotationFigures(
  dir: BundleDir,
  context: { progress: Progress; signal: AbortSignal },
): Promise<Figure[]> {
  const callers = await startKeyCallers(dir);
  const beganMs = performance.now();
  const services = SERVICE_KEYS.map(({ service }) => service);
  await rotateKeys(dir, services, context);
  const seconds = (performance.now() - beganMs) / 1000;
  const calls = await callers.stop();
  const failures = calls.flatMap(({ failures: kinds }) => Object.entries(kinds));
  const failed = failures.reduce((sum, [, count]) => sum + count, 0);
  const kinds = failures.map(([kind, count]) => `${count} × ${kind}`).join(', ');
  const answered = calls.reduce((sum, one) => sum + one.answered, 0);
  return [
    { what: `rotation of all ${services.length} service keys under load`, value: `${seconds.toFixed(1)} s` },
    ...calls.map(({ service, longestPauseMs }) => ({
      what: `longest pause between two answers to ${service}`,
      value: ms(longestPauseMs),
    })),
    {
      what: 'failed',
      value: `${failed} of ${answered + failed}${kinds && `: ${kinds}`}`,
      bound: '0',
      met: failed === 0,
    },
  ];
}
