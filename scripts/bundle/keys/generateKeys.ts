import type { BundleDir } from '../bundleDir.ts';
import { changeKeys } from './changeKeys.ts';
import { appendKeyEvents } from './keyAudit.ts';
import type { KeyState } from './keyFiles.ts';
import { opensNothing, stateOf } from './keyState.ts';
import { type MadeKey, madeKeys, recordMade } from './madeKeys.ts';
import type { ServiceName } from './serviceKeys.ts';

/** The services among these that have no key, or one that opens nothing somewhere. */
export async function servicesWithoutKey(dir: BundleDir, services: ServiceName[]): Promise<ServiceName[]> {
  return withoutKey(await changeKeys(dir, 'look'), services);
}

const withoutKey = (states: KeyState[], services: ServiceName[]): ServiceName[] =>
  services.filter((service) => opensNothing(stateOf(states, service)));

/**
 * Makes and lists a key for each of these services that has none; what they had before opens nothing any more. The line of
 * each is in the audit log before it opens anything; a run that was cut short is finished by the next, of this or of `rotateKeys`.
 */
export async function generateKeys(dir: BundleDir, services: ServiceName[]): Promise<MadeKey[]> {
  await appendKeyEvents(dir, []);
  const states = await changeKeys(dir, 'look');
  const missing = withoutKey(states, services);
  if (missing.length === 0) return [];
  const lost = missing.filter((service) => !stateOf(states, service).current);
  const found = lost.length > 0 ? await changeKeys(dir, 'make', lost) : states;
  const made = madeKeys(found, missing);
  await recordMade(dir, made);
  await changeKeys(dir, 'generate', missing);
  return made;
}
