import { readFileSync } from 'node:fs';
import { recogniseServiceKey, type ServiceCaller, ServiceKeyList } from '../domain/keys/serviceKeys.ts';

/** What an internal listener asks about the keys that are presented to it. */
export interface ServiceKeyGate {
  /** Who presents a listed key, and that it was used now; undefined for any other text. */
  admit(presented: string | undefined): ServiceCaller | undefined;
  /** The same without it counting as a use, with the last one in this process: RFC 3339, null where there was none. */
  describe(presented: string | undefined): ServiceKeyState | undefined;
}

export interface ServiceKeyState extends ServiceCaller {
  last_used_at: string | null;
}

export interface ServiceKeyGateOptions {
  /** The digest list, `SERVICE_KEYS_FILE`; without one nobody is let in. */
  file: string | undefined;
  clock: { now(): string; epochMs(): number };
}

/**
 * The service and operator keys of a digest list. The file is read at each use, which is rare, so that a key counts from
 * the moment that it is listed to the moment that it is not. Throws where the file cannot be read or is no such list.
 */
export function openServiceKeyGate({ file, clock }: ServiceKeyGateOptions): ServiceKeyGate {
  const lastUses = new Map<string, string>();
  const recognise = (presented: string | undefined) => {
    if (presented === undefined || file === undefined) return undefined;
    const list = ServiceKeyList.parse(JSON.parse(readFileSync(file, 'utf8')));
    return recogniseServiceKey(list, presented, clock.epochMs());
  };
  return {
    admit(presented) {
      const caller = recognise(presented);
      if (caller) lastUses.set(caller.key_prefix, clock.now());
      return caller;
    },
    describe(presented) {
      const caller = recognise(presented);
      return caller && { ...caller, last_used_at: lastUses.get(caller.key_prefix) ?? null };
    },
  };
}
