import type { Problem } from '@origin-stack/contract/errors';
import { OriginError } from './originError.ts';

/** Reads a reply that is not a success into the error it means: its problem+json, or `unexpected_reply`. */
export async function errorOfReply(reply: Response): Promise<OriginError> {
  const problem = await readProblem(reply);
  const { status } = reply;
  return new OriginError({
    code: problem?.error ?? 'unexpected_reply',
    message: problem ? `${problem.title}: ${problem.detail}` : `HTTP status ${status} without a problem body`,
    status,
    requestId: reply.headers.get('x-request-id') ?? problem?.instance,
    retryAfterSeconds: readRetryAfter(reply.headers.get('retry-after')),
    problem,
  });
}

async function readProblem(reply: Response): Promise<Problem | undefined> {
  const text = await reply.text();
  if (!reply.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  try {
    const problem: Problem | null = JSON.parse(text);
    return typeof problem?.error === 'string' ? problem : undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After` in seconds: a number of them, or a date (RFC 9110 section 10.2.3). */
function readRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value);
  const untilSeconds = (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(untilSeconds) ? undefined : Math.max(0, Math.ceil(untilSeconds));
}
