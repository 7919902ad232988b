import { type Inspected, serviceOf } from '../audit/inspected.ts';
import { pairsOf } from '../lib/pairsOf.ts';
import { mustDocker } from './compose.ts';

/** By service: Compose's own hash of its settings. */
export type ConfigHashes = ReadonlyMap<string, string>;

/** The arguments and the environment of `docker compose config` for the bundle in question. */
export interface ComposeConfig {
  argv: string[];
  env?: NodeJS.ProcessEnv;
}

export async function readConfigHashes({ argv, env }: ComposeConfig): Promise<ConfigHashes> {
  return pairsOf(await mustDocker([...argv, '--hash', '*'], { env }));
}

/** Whether Compose made a container of other settings than are declared. */
export const hasOtherSettings = (container: Inspected, hashes: ConfigHashes): boolean =>
  container.Config.Labels?.['com.docker.compose.config-hash'] !== hashes.get(serviceOf(container));
