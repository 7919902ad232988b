import type { Invariant } from '../invariants/aftermath.ts';
import type { Attempt } from '../workloads/ingestLoad.ts';
import type { ChaosTarget } from './chaosTarget.ts';

/** Something that is done to a bundle and taken back. */
export interface Fault {
  /** The service of the bundle that it harms; an overlay may have put another in its place. */
  service?: string;
  /** What was done, for the report. */
  inject(target: ChaosTarget, signal: AbortSignal): Promise<string>;
  /** Takes it back; where nothing is to be taken back it does nothing. Runs first and last, whatever came between. */
  heal(target: Pick<ChaosTarget, 'dir' | 'settings'>): Promise<void>;
}

/** workload × fault → invariants and an alert. */
export interface Scenario {
  name: string;
  /** What happens and what must hold, as one sentence. */
  sentence: string;
  fault: Fault;
  /** How much goes on meanwhile. */
  load: {
    /** Requests at a time, until the fault. */
    concurrency: number;
    /** From the fault on, where that is more. */
    crowd?: number;
    perSecond?: number;
    packs: number;
    to?: 'one replica';
  };
  /** What the fault is about, so that it waits for it. */
  meets?: 'packs under way';
  /** What callers may meet: every request is acknowledged, or some outcomes are unknown until they are repeated. */
  callers: 'notice nothing' | 'may have to repeat';
  /** What the public readiness does: it stays, or it says within 10 s that requests cannot be answered. */
  readiness: 'stays' | 'turns';
  invariants: Record<string, Invariant>;
  /** The alert that fires while the fault lasts and resolves after it, with the labels that tell whom it speaks of. */
  alert: { name: string; labels: Record<string, string> };
  /** Looks at the bundle while the fault lasts; says what is not as it must be. */
  during?: (target: ChaosTarget) => Promise<string[]>;
}

export interface PhaseTimes {
  /** Seconds from the fault to each. */
  alert_fired_s: number | null;
  readiness_turned_s: number | null;
  /** Seconds from the heal to each. */
  recovered_s: number | null;
  work_done_s: number | null;
  alert_resolved_s: number | null;
}

export interface ScenarioResult {
  name: string;
  sentence: string;
  passed: boolean;
  began_at: string;
  seconds: number;
  fault: string;
  outcomes: Record<Attempt['outcome'], number>;
  times: PhaseTimes;
  /** By what was looked at: the violations, none where it held. */
  verdicts: Record<string, string[]>;
  /** The share of the processors' time that this machine's host gave to others; null where that is not known. */
  stolen: number | null;
  /** Why it ended before its end. */
  error: string | null;
}
