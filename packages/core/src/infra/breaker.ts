import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, type IBreaker } from 'cockatiel';
import { BreakerOpenError, BreakerTimeoutError } from './breakerErrors.ts';

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

const STATES: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

/**
 * A circuit breaker on cockatiel, which does three things otherwise than a busy service needs (4.0.0):
 * - callers that arrive during the half-open probe wait for it without a bound and, when it succeeds, all go at
 *   once; here they are rejected;
 * - the outcome of a call that began before the circuit opened still counts: a late failure reopens a circuit
 *   whose probe is in flight, and leaks into the count after it closed; here it is ignored;
 * - rests are measured on the wall clock, so a clock set back keeps a circuit open; here on a monotonic one.
 *
 * A probe that gets an error which is no failure (a 4xx) closes the breaker: the dependency answered.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  checkOptions(options);
  const { name, timeoutMs, halfOpenAfterMs, nowMs = () => performance.now() } = options;
  const listeners = new Set<(transition: BreakerTransition) => void>();
  let openedAtMs = 0;
  let state: BreakerState = 'closed';
  const restMs = () => Math.max(0, openedAtMs + halfOpenAfterMs - nowMs());
  // cockatiel compares the wall clock with `duration`: an endless or a past one leaves the decision to `restMs`.
  const rest = {
    next: () => rest,
    get duration() {
      return restMs() > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
  };
  const countsAsFailure = (error: unknown) =>
    error instanceof BreakerTimeoutError || options.isFailure(error);

  const makeCircuit = () => {
    const inARow = new ConsecutiveBreaker(options.failures);
    const breaker: IBreaker = {
      state: undefined,
      success: () => inARow.success(),
      failure: (begunIn) => begunIn === made.state && inARow.failure(),
    };
    const made = circuitBreaker(handleWhen(countsAsFailure), { halfOpenAfter: rest, breaker });
    made.onStateChange((to) => {
      if (made === circuit) enter(STATES[to]);
    });
    return made;
  };
  let circuit = makeCircuit();

  function enter(to: BreakerState) {
    const from = state;
    state = to;
    if (to === 'open') openedAtMs = nowMs();
    // What began in an earlier closed period ends in that period's circuit, which nobody asks any more.
    if (to === 'closed') circuit = makeCircuit();
    for (const listener of listeners) listener({ name, from, to });
  }

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
      return circuit.execute(() => withDeadline(call, name, timeoutMs));
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

async function withDeadline<T>(
  call: (signal: AbortSignal) => Promise<T>,
  name: string,
  timeoutMs: number | undefined,
): Promise<T> {
  const controller = new AbortController();
  if (timeoutMs === undefined) return call(controller.signal);
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new BreakerTimeoutError(name, timeoutMs);
      // First the rejection: what the call makes of the abort must not win the race and hide the timeout.
      reject(error);
      controller.abort(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
