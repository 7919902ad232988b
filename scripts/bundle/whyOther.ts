import { type Inspected, serviceOf } from '../audit/inspected.ts';
import { pairsOf } from '../lib/pairsOf.ts';
import { mustDocker } from './compose.ts';
import { type ComposeConfig, type ConfigHashes, hasOtherSettings, readConfigHashes } from './configHashes.ts';
import type { IdentityName } from './identities.ts';
import type { WrittenAt } from './writtenSecrets.ts';

/** What `docker compose up` holds a container against. */
export interface Expected {
  hashes: ConfigHashes;
  /** By name and tag. */
  imageIds: ReadonlyMap<string, string>;
}

export async function readExpected(config: ComposeConfig): Promise<Expected> {
  const [hashes, images] = await Promise.all([
    readConfigHashes(config),
    mustDocker(['image', 'ls', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}']),
  ]);
  return { hashes, imageIds: pairsOf(images) };
}

/** Why Compose replaces a container: by its hash of the settings, and by the image. Undefined where it stays. */
export function whyOther(container: Inspected, { hashes, imageIds }: Expected): string | undefined {
  if (hasOtherSettings(container, hashes)) return 'it has other settings';
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
