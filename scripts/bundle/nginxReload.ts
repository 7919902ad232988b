import type { BundleDir } from './bundleDir.ts';
import { composeArgv, mustDocker } from './compose.ts';

/**
 * What makes one of the two nginx take new files into force, to be run in its container one after the other: only where
 * the configuration and its certificates are right. Connections go on.
 */
export const nginxReload = (config: 'nginx.conf' | 's3-guard.conf'): string[][] =>
  [['-t'], ['-s', 'reload']].map((wish) => ['nginx', '-e', 'stderr', '-c', `/etc/origin/${config}`, ...wish]);

/** Has the public nginx of a bundle do it. Throws with nginx's words where it refuses. */
export async function reloadNginx(dir: BundleDir): Promise<void> {
  for (const program of nginxReload('nginx.conf')) {
    await mustDocker(composeArgv(dir, 'exec', '-T', 'nginx', ...program));
  }
}
