/** The three parts that every error message has: what happened, why, and what to type next. */
export type ErrorParts = { what: string; why?: string; next?: string };

/** An error for the reader of the terminal; the class fixes the exit code. */
export class CommandError extends Error {
  readonly exitCode: number = 1;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    super(parts.what, options);
    this.name = new.target.name;
    this.why = parts.why;
    this.next = parts.next;
  }
}

/** The command line itself is wrong: an unknown flag, a missing argument (exit 2). */
export class UsageError extends CommandError {
  override readonly exitCode = 2;
}

/** Something that the command needs is not there: a port, a program, a confirmation (exit 3). */
export class PreconditionError extends CommandError {
  override readonly exitCode = 3;
}

/** Another run holds the lock (exit 4). */
export class LockedError extends CommandError {
  override readonly exitCode = 4;
}

/** The user interrupted the command (exit 130); one that left something unfinished says what. */
export class InterruptedError extends CommandError {
  override readonly exitCode = 130;

  constructor(parts: ErrorParts = { what: 'interrupted' }) {
    super(parts);
  }
}
