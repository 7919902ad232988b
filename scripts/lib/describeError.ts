import { OriginError } from '@origin-stack/sdk';
import { CommandError } from './commandErrors.ts';

/** An error as the terminal (`text`), as `--json` (`data`) and as the exit code show it. */
export type DescribedError = {
  text: string;
  data: { what: string; why: string | null; next: string | null };
  exitCode: number;
};

/** What the operating system's refusals mean to the reader. */
const systemErrors: Record<string, { why: string; next: string }> = {
  ENOSPC: { why: 'the disk is full', next: 'free some space (df -h shows where), then run this again' },
  EDQUOT: { why: 'the disk quota is used up', next: 'free some space, then run this again' },
  EACCES: { why: 'this user may not do that', next: 'run this as the user who owns the checkout' },
  EPERM: { why: 'this user may not do that', next: 'run this as the user who owns the checkout' },
  EROFS: { why: 'the file system is read-only', next: 'move the checkout to a writable file system' },
  EMFILE: { why: 'this process has too many open files', next: 'raise the limit (ulimit -n 4096)' },
};

/** Explains any thrown value in plain words; one of no known kind also shows where it came from. */
export function describeError(error: unknown): DescribedError {
  if (error instanceof CommandError) {
    return describeParts(error.message, { why: error.why, next: error.next, exitCode: error.exitCode });
  }
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? systemErrors[code] : undefined;
  const what = error instanceof Error ? messageWithCause(error) : String(error);
  const refusal = error instanceof OriginError ? describeRefusal(error) : undefined;
  const described = describeParts(what, { why: known?.why, next: known?.next, ...refusal, exitCode: 1 });
  // Where an error of no known kind came from is the one thing that helps whoever must mend it.
  const trace =
    known === undefined && refusal === undefined && error instanceof Error ? firstFrames(error) : '';
  return { ...described, text: described.text + trace };
}

/** What the service answered: no fault of a program, so nobody needs to know where it was asked. */
function describeRefusal({ code, status, requestId }: OriginError): { why: string; next: string } {
  const named = requestId === undefined ? '' : `, request ${requestId}`;
  return {
    why: status === undefined ? code : `it answered ${status} ${code}${named}`,
    next: './stack status; ./stack logs api-a says more',
  };
}

function messageWithCause(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message;
}

function firstFrames(error: Error): string {
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  return frames
    .slice(0, 3)
    .map((line) => `${line}\n`)
    .join('');
}

type Rest = { why: string | undefined; next: string | undefined; exitCode: number };

function describeParts(what: string, { why, next, exitCode }: Rest): DescribedError {
  const lines = [`error: ${what}`, why && `why:   ${why}`, next && `next:  ${next}`].filter(Boolean);
  return { text: `${lines.join('\n')}\n`, data: { what, why: why ?? null, next: next ?? null }, exitCode };
}
