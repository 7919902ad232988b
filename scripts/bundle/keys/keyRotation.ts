import type { KeyEvent } from './keyAudit.ts';
import type { KeyInFile, KeyState } from './keyFiles.ts';
import { type KeyName, shortPrefix } from './keyName.ts';
import { isUnfinished } from './keyState.ts';
import { SERVICE_KEYS, type ServiceName } from './serviceKeys.ts';

/** One key on its way from the old one to the new one. */
export interface Rotation {
  service: ServiceName;
  /** Undefined where a run before this one put the new key in its place and was cut short. */
  old: KeyInFile | undefined;
  /** What the lists know of the old key, in that case too. */
  oldName: KeyName | undefined;
  fresh: KeyInFile;
  /** Where the old key is kept, below `secrets/`. */
  backup: string | null;
  /** It calls without a pause while it runs, so it must be seen with its new key. */
  callsAlways: boolean;
}

/** The new key is in its place already, and the lists are still another's. */
export const isPromoted = (state: KeyState): boolean =>
  isUnfinished(state) && !state.next && state.current !== undefined;

/** The rotation that a service is in, by how its keys lie after they were staged. */
export function rotationOf({ service, current, next, listed, backups }: KeyState): Rotation {
  const fresh = next ?? current;
  if (!fresh) throw new Error(`there is no key of ${service} after it was staged`);
  const old = next ? current : undefined;
  const others = Object.values(listed).flat();
  const oldName = old ?? others.find(({ keyPrefix }) => keyPrefix !== fresh.keyPrefix);
  const ending = `-${shortPrefix(oldName?.keyPrefix ?? '')}.key`;
  return {
    service,
    old,
    oldName,
    fresh,
    backup: backups.findLast((path) => path.endsWith(ending)) ?? null,
    callsAlways: SERVICE_KEYS.some((one) => one.service === service && one.calls === 'always'),
  };
}

/** What the audit log says of a rotation that ended. */
export const eventOf = (
  { service, fresh, oldName, backup }: Rotation,
  result: KeyEvent['result'],
): KeyEvent => ({
  action: 'rotate',
  service,
  key_prefix: fresh.keyPrefix,
  fingerprint: fresh.fingerprint,
  old_key_prefix: oldName?.keyPrefix ?? null,
  old_fingerprint: oldName?.fingerprint ?? null,
  backup,
  result,
});
