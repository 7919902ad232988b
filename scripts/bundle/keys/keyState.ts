import { PreconditionError } from '../../lib/commandErrors.ts';
import type { KeyState } from './keyFiles.ts';
import type { ServiceName } from './serviceKeys.ts';

/** Whether a rotation of this service's key was cut short: a next key waits, or the lists hold another than the current. */
export function isUnfinished({ current, next, listed }: KeyState): boolean {
  if (next) return true;
  const wanted = current ? [current.keyPrefix] : [];
  return Object.values(listed).some(
    (names) => names.map(({ keyPrefix }) => keyPrefix).join() !== wanted.join(),
  );
}

/** Whether the current key opens nothing at one holder or at both: making it was cut short. */
export const isUnlisted = ({ current, listed }: KeyState): boolean =>
  current !== undefined &&
  Object.values(listed).some(
    (names) => !names.some(({ fingerprint }) => fingerprint === current.fingerprint),
  );

/** Whether a service has no key, or one that opens nothing. */
export const opensNothing = (state: KeyState): boolean => !state.current || isUnlisted(state);

/** The state of one service among those of all. */
export function stateOf(states: KeyState[], service: ServiceName): KeyState {
  const found = states.find((one) => one.service === service);
  if (!found) throw new Error(`no state of ${service}`);
  return found;
}

/** Throws PreconditionError for a service whose key is not there at all. */
export function requireKeys(states: KeyState[], services: ServiceName[]): void {
  const missing = services.filter((service) => {
    const { current, next } = stateOf(states, service);
    return !current && !next;
  });
  if (missing.length === 0) return;
  throw new PreconditionError({
    what: `there is no key of ${missing.join(', ')}`,
    why: 'only a key that is there can be rotated',
    next: './stack generate-api-key',
  });
}
