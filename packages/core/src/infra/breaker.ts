import { BreakerOpenError, BreakerTimeoutError } from './breakerErrors.ts';
import { callWithin } from './withDeadline.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerTransition {
  name: string;
  from: BreakerState;
  to: BreakerState;
}

export interface BreakerOptions {
  name: string;
  /** How long a call may take before it counts as failed; without it, the call must have its own deadline. */
  timeoutMs?: number;
  /** Failures in a row that open the breaker, at least 2: one unlucky call is not an outage. */
  failures: number;
  /** How long an open breaker rests before one call is let through to probe. */
  halfOpenAfterMs: number;
  /** Whether an error means that the dependency is unwell. A refusal (4xx) is an answer: say false. */
  isFailure: (error: unknown) => boolean;
  /** A monotonic clock in milliseconds. */
  nowMs?: () => number;
}

export interface Breaker {
  readonly name: string;
  /**
   * Makes the call, or rejects with `BreakerOpenError` without making it. `signal` aborts at `timeoutMs`, when
   * `run` rejects with `BreakerTimeoutError`; every other error is the call's own.
   */
  run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** `open` until a call comes after the rest: then that call is the probe and the state `half_open`. */
  state(): BreakerState;
  /** Tells each change at once, in order. The listener must not throw. Returns what unsubscribes it. */
  onTransition(listener: (transition: BreakerTransition) => void): () => void;
}

/**
 * A circuit breaker: closed until so many calls in a row fail, open for a rest, then half open for one call that probes.
 * - Callers that arrive during the probe are rejected: none waits for it, and none follows it through.
 * - An outcome counts only in the period that its call began in: a late failure neither reopens a circuit whose probe is under
 *   way nor leaks into the count after it closed.
 * - A refusal (a 4xx) during the probe closes the breaker, since the dependency answered.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  checkOptions(options);
  const { name, timeoutMs, failures, halfOpenAfterMs, nowMs = () => performance.now() } = options;
  const listeners = new Set<(transition: BreakerTransition) => void>();
  let state: BreakerState = 'closed';
  /** Counts the changes of the state. */
  let period = 0;
  let failedInARow = 0;
  let openedAtMs = 0;
  const restMs = () => openedAtMs + halfOpenAfterMs - nowMs();

  function enter(to: BreakerState) {
    const from = state;
    state = to;
    period += 1;
    failedInARow = 0;
    if (to === 'open') openedAtMs = nowMs();
    for (const listener of listeners) listener({ name, from, to });
  }

  function take(outcome: 'answered' | 'refused' | 'failed') {
    if (state === 'half_open') return enter(outcome === 'failed' ? 'open' : 'closed');
    if (outcome === 'answered') failedInARow = 0;
    if (outcome === 'failed' && ++failedInARow === failures) enter('open');
  }

  const outcomeOf = (error: unknown) =>
    error instanceof BreakerTimeoutError || options.isFailure(error) ? 'failed' : 'refused';

  return {
    name,
    state: () => state,
    onTransition(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(call) {
      // From here to the start of the call nothing else runs, so two callers cannot both become the probe.
      if (state === 'half_open') throw new BreakerOpenError(name, halfOpenAfterMs);
      if (state === 'open' && restMs() > 0) throw new BreakerOpenError(name, Math.ceil(restMs()));
      if (state === 'open') enter('half_open');
      const begunIn = period;
      try {
        const value = await callWithTimeout(call, name, timeoutMs);
        if (begunIn === period) take('answered');
        return value;
      } catch (error) {
        if (begunIn === period) take(outcomeOf(error));
        throw error;
      }
    },
  };
}

function checkOptions({ name, failures, halfOpenAfterMs, timeoutMs = 1 }: BreakerOptions): void {
  if (!Number.isSafeInteger(failures) || failures < 2) {
    throw new RangeError(`breaker ${name}: failures must be a whole number of at least 2`);
  }
  if (!(halfOpenAfterMs > 0) || !(timeoutMs > 0)) {
    throw new RangeError(`breaker ${name}: halfOpenAfterMs and timeoutMs must be above 0`);
  }
}

const callWithTimeout = <T>(
  call: (signal: AbortSignal) => Promise<T>,
  name: string,
  timeoutMs: number | undefined,
): Promise<T> =>
  timeoutMs === undefined
    ? call(new AbortController().signal)
    : callWithin(call, timeoutMs, () => new BreakerTimeoutError(name, timeoutMs));
