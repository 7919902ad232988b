import { join } from 'node:path';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { CERTIFICATE_METRICS } from '../bundle/textfileFolder.ts';
import { describeError } from '../lib/describeError.ts';
import type { Progress } from '../lib/progress.ts';
import { monitorCertificates } from './monitorCertificates.ts';
import { isBad } from './watched.ts';

const metricsOf = ({ textfile }: BundleDir) => join(textfile, CERTIFICATE_METRICS);

/** What `noteCertificates` does, as a step of the plan of that command. */
export const noteStep = (dir: BundleDir) => ({
  action: `look at every certificate, and write ${metricsOf(dir)}`,
});

/**
 * Looks at the certificates at the end of another command and writes their metrics. What it finds is said, and what keeps
 * it from looking too: neither makes that command fail.
 */
export async function noteCertificates(
  dir: BundleDir,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  const step = progress.step('looking at the certificates');
  try {
    const options = { metricsFile: metricsOf(dir), progress, signal };
    const { certificates } = await monitorCertificates(dir, options);
    const bad = certificates.filter(isBad).length;
    if (bad === 0) step.done(`${certificates.length} are in order`);
    else step.fail(`${bad} of ${certificates.length} are not in order: ./stack monitor-tls-certs`);
  } catch (error) {
    signal.throwIfAborted();
    const { what, why, next } = describeError(error).data;
    step.fail([what, why, next].filter(Boolean).join('; '));
  }
}
