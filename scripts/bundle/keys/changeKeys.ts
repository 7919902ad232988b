import { UsageError } from '../../lib/commandErrors.ts';
import { nearestName } from '../../lib/nearestName.ts';
import type { BundleDir } from '../bundleDir.ts';
import { requireBundle } from '../bundleSettings.ts';
import { openTree } from '../secretFiles.ts';
import { workByContainer } from '../workByContainer.ts';
import { type KeyState, type KeyStep, type KeyWork, workOnKeys } from './keyFiles.ts';
import { SERVICE_KEYS, type ServiceName } from './serviceKeys.ts';

/** Does a step on the key files, by a container where this user is not root. Throws as `workOnKeys` does. */
export async function changeKeys(
  dir: BundleDir,
  step: KeyStep,
  services: ServiceName[] = [],
): Promise<KeyState[]> {
  const { ORIGIN_TAG_APP: tag = '' } = await requireBundle(dir);
  const input: KeyWork = { tree: await openTree(dir.secrets), step, services, nowMs: Date.now() };
  if (process.getuid?.() === 0) return await workOnKeys(input);
  const failure = 'the keys could not be worked on by a container';
  return await workByContainer({ program: 'workOnKeys', tag, input, failure });
}

/** The services that `--service` names, all of them where it names none. Throws UsageError for one that has no key. */
export function chosenServices(named: string | undefined): ServiceName[] {
  const all = SERVICE_KEYS.map(({ service }) => service);
  if (named === undefined) return all;
  const found = all.find((service) => service === named);
  if (found) return [found];
  const near = nearestName(named, all);
  throw new UsageError({
    what: `there is no service key for "${named}"`,
    why: `${near ? `did you mean ${near}? ` : ''}Keys are there for ${all.join(', ')}.`,
    next: './stack rotate --status',
  });
}
