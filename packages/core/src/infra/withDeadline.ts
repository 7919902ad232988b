/** A promise did not settle in time. The work itself may go on: a timeout does not cancel it. */
export class DeadlineError extends Error {
  constructor(what: string, deadlineMs: number) {
    super(`${what} did not answer within ${deadlineMs} ms`);
    this.name = 'DeadlineError';
  }
}

/** Rejects with {@link DeadlineError} where `work` has not settled after `deadlineMs`. */
export const withDeadline = <T>(work: Promise<T>, what: string, deadlineMs: number): Promise<T> =>
  callWithin(
    () => work,
    deadlineMs,
    () => new DeadlineError(what, deadlineMs),
  );

/**
 * Makes a call that should stop by its signal. After `deadlineMs` it rejects with what `late` makes, and the signal aborts with
 * the same, whether or not the call listens.
 */
export async function callWithin<T>(
  call: (signal: AbortSignal) => Promise<T>,
  deadlineMs: number,
  late: () => Error,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = late();
      // First the rejection: what the call makes of the abort must not win the race and hide the timeout.
      reject(error);
      controller.abort(error);
    }, deadlineMs);
  });
  try {
    return await Promise.race([call(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
