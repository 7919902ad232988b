import type { BundleDir } from '../bundle/bundleDir.ts';
import { describeError } from '../lib/describeError.ts';
import type { Progress } from '../lib/progress.ts';
import { monitorCertificates } from './monitorCertificates.ts';
import { isBad } from './watched.ts';

/**
 * Looks at the certificates at the end of another command and writes their metrics. What it finds is said, and what keeps
 * it from looking too: neither makes that command fail.
 */
export async function noteCertificates(
  dir: BundleDir,
  { metricsFile, progress, signal }: { metricsFile: string; progress: Progress; signal: AbortSignal },
): Promise<void> {
  const step = progress.step('looking at the certificates');
  try {
    const { certificates } = await monitorCertificates(dir, { metricsFile, progress, signal });
    const bad = certificates.filter(isBad).length;
    if (bad === 0) step.done(`${certificates.length} are in order`);
    else step.fail(`${bad} of ${certificates.length} are not in order: ./stack monitor-tls-certs`);
  } catch (error) {
    signal.throwIfAborted();
    const { what, why, next } = describeError(error).data;
    step.fail([what, why, next].filter(Boolean).join('; '));
  }
}
