import { UsageError } from '../lib/commandErrors.ts';

/** A kind of load; its script is chaos-tests/load/<name>.ts. */
export interface LoadProfile {
  name: 'smoke' | 'steady';
  what: string;
  durationSeconds: number;
  /** Ingests a second, for a script whose rate can be set. */
  perSecond: number | null;
}

export const PROFILES: readonly LoadProfile[] = [
  {
    name: 'smoke',
    what: 'every kind of request about once a second',
    durationSeconds: 25,
    perSecond: null,
  },
  {
    name: 'steady',
    what: 'ingests at a set rate, and a read for every four',
    durationSeconds: 120,
    perSecond: 40,
  },
];

/** The profile with what the flags change. Throws UsageError. */
export function profileOf(
  name: string | undefined,
  flags: { rate?: number | undefined; duration?: number | undefined },
): LoadProfile {
  const profile = PROFILES.find((one) => one.name === name);
  if (!profile) {
    throw new UsageError({
      what: `there is no load ${name}`,
      why: `there are ${PROFILES.map((one) => one.name).join(' and ')}`,
      next: './stack load smoke',
    });
  }
  if (flags.rate !== undefined && profile.perSecond === null) {
    throw new UsageError({
      what: `${profile.name} has no --rate`,
      why: `it is ${profile.what}`,
      next: `./stack load steady --rate ${flags.rate}`,
    });
  }
  return {
    ...profile,
    perSecond: flags.rate ?? profile.perSecond,
    durationSeconds: flags.duration ?? profile.durationSeconds,
  };
}
