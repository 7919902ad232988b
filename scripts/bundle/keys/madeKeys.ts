import type { BundleDir } from '../bundleDir.ts';
import { appendKeyEvents } from './keyAudit.ts';
import type { KeyState } from './keyFiles.ts';
import type { KeyName } from './keyName.ts';
import { stateOf } from './keyState.ts';
import type { ServiceName } from './serviceKeys.ts';

/** A key that was made, as it may be shown. */
export interface MadeKey extends KeyName {
  service: ServiceName;
}

/** The keys of these services, each of which has one now, or one that waits for its place. */
export const madeKeys = (states: KeyState[], services: ServiceName[]): MadeKey[] =>
  services.map((service) => {
    const { current, next } = stateOf(states, service);
    const made = current ?? next;
    if (!made) throw new Error(`no key of ${service} was made`);
    return { service, keyPrefix: made.keyPrefix, fingerprint: made.fingerprint };
  });

/** Writes to the audit log that keys were made. */
export const recordMade = (dir: BundleDir, made: MadeKey[]): Promise<void> =>
  appendKeyEvents(
    dir,
    made.map(({ service, keyPrefix, fingerprint }) => ({
      action: 'generate',
      service,
      key_prefix: keyPrefix,
      fingerprint,
      old_key_prefix: null,
      old_fingerprint: null,
      backup: null,
      result: 'ok',
    })),
  );
