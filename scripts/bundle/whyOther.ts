import { type Inspected, serviceOf } from '../audit/inspected.ts';
import { mustDocker } from './compose.ts';
import type { IdentityName } from './identities.ts';
import type { WrittenAt } from './writtenSecrets.ts';

/** What `docker compose up` holds a container against. */
export interface Declared {
  /** By service: Compose's hash of its settings. */
  hashes: ReadonlyMap<string, string>;
  /** By name and tag. */
  imageIds: ReadonlyMap<string, string>;
}

/** `argv` and `env`: those of `docker compose config` for the bundle in question. */
export async function readDeclared(config: { argv: string[]; env?: NodeJS.ProcessEnv }): Promise<Declared> {
  const [hashes, imageIds] = await Promise.all([
    mustDocker([...config.argv, '--hash', '*'], { env: config.env }),
    mustDocker(['image', 'ls', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}']),
  ]);
  return { hashes: pairsOf(hashes), imageIds: pairsOf(imageIds) };
}

/** Why Compose replaces a container: by its hash of the settings, and by the image. Undefined where it stays. */
export function whyOther(container: Inspected, { hashes, imageIds }: Declared): string | undefined {
  const labels = container.Config.Labels ?? {};
  if (labels['com.docker.compose.config-hash'] !== hashes.get(serviceOf(container)))
    return 'it has other settings';
  // The name of the image is one of the settings.
  return container.Image === imageIds.get(container.Config.Image) ? undefined : 'it has another image';
}

/** Whether a container runs since before something was written that it reads only at its start; Compose does not look at that. */
export function isUnread(container: Inspected, writtenAt: WrittenAt): boolean {
  const { Running: isRunning, StartedAt: since } = container.State;
  return isRunning && (writtenAt[identityOf(serviceOf(container))] ?? 0) > Date.parse(since);
}

/** Both replicas are one. */
const identityOf = (service: string) => (service.startsWith('api-') ? 'api' : service) as IdentityName;

/** Lines of a name and what belongs to it. */
const pairsOf = (text: string): Map<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/) as [string, string]),
  );
