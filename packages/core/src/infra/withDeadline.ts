/** A promise did not settle in time. The work itself may go on: a timeout does not cancel it. */
export class DeadlineError extends Error {
  constructor(what: string, deadlineMs: number) {
    super(`${what} did not answer within ${deadlineMs} ms`);
    this.name = 'DeadlineError';
  }
}

/** Rejects with {@link DeadlineError} where `work` has not settled after `deadlineMs`. */
export async function withDeadline<T>(work: Promise<T>, what: string, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, deadlineMs)), deadlineMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
