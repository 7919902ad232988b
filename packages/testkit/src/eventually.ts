import { setTimeout as delay } from 'node:timers/promises';

/** `deadlineMs` is how long the condition may take, `pollMs` the pause between two looks. */
export type EventuallyOptions = { deadlineMs?: number; pollMs?: number };

/**
 * Repeats `look` until it neither throws nor returns false, and gives back what it returned. At the deadline
 * it throws an error that carries the last failure.
 */
export async function eventually<T>(look: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 5000;
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await look();
      if (value !== false) return value;
      failure = new Error('the condition is still false');
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= deadline) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`not within ${deadlineMs} ms: ${reason}`, { cause: failure });
    }
    await delay(options.pollMs ?? 20);
  }
}
