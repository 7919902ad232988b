import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import {
  composeArgv,
  type DockerOptions,
  docker,
  dockerError,
  EVERY_PROFILE,
  mustDocker,
} from './compose.ts';

/**
 * Stops the bundle's containers in the order of their needs, and removes them and the networks; returns the networks that
 * stay. Compose leaves those in which somebody else's container is. And an engine that removes containers at the same time may
 * lose count of them, and lets a network go only after its next start: https://github.com/moby/moby/issues/42119
 */
export async function composeDown(dir: BundleDir, options: DockerOptions): Promise<string[]> {
  const argv = composeArgv(dir, ...EVERY_PROFILE, 'down', '--remove-orphans');
  const result = await docker(argv, options);
  // Compose comes to networks when every container is gone.
  if (result.code !== 0 && !/^failed to remove network .* has active endpoints\b/m.test(result.stderr))
    throw dockerError(argv, result);
  return await networksOf((await requireBundle(dir)).COMPOSE_PROJECT_NAME);
}

/** By name, in no order. */
export async function networksOf(project: string): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const names = await mustDocker(['network', 'ls', '--format', '{{.Name}}', '--filter', filter]);
  return names.split('\n').filter((name) => name !== '');
}

/** Of networks that stay: why, and what removes them. */
export const stayingNetworks = (names: string[]): string[] =>
  names.map(
    (name) =>
      `  network    ${name}: another's container is in it (docker network inspect ${name}), or the engine lost count and must be restarted; then docker network rm ${name}`,
  );
