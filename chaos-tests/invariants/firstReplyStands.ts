import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { IngestReply } from '@origin-stack/contract/ingest';
import { type Attempt, postIngest } from '../workloads/ingestLoad.ts';
import type { Invariant, Target } from './aftermath.ts';
import { inParallel } from './inParallel.ts';

/** Each so-many-th upload is also read by its id. */
const READ_EVERY = 5;
const TOLD_TO_COME_AGAIN_MS = 30_000;

/**
 * Every acknowledged upload is there and shows what was acknowledged; the same request again gives that reply. One whose
 * outcome was unknown is decided on at its repetition or was before, and from then on has one reply too.
 */
export const firstReplyStands: Invariant = ({ product, attempts }) =>
  inParallel([...attempts.entries()], async ([index, attempt]) => {
    const name = attempt.request.external_id;
    const first = attempt.reply ? { status: 200, reply: attempt.reply } : await repeat(product, attempt);
    if (!first.reply) return [`${name}: not accepted at its repetition: ${first.status}`];
    const again = await repeat(product, attempt);
    const violations: string[] = [];
    if (again.status !== 200) violations.push(`${name}: the repetition was answered with ${again.status}`);
    if (!isDeepStrictEqual(again.reply, first.reply))
      violations.push(`${name}: the repetition has another reply`);
    attempt.reply = first.reply;
    if (index % READ_EVERY > 0) return violations;
    const shown = await attempt.tenant.client.getUpload(first.reply.upload_id);
    const { content: _, inputs: __, ...stored } = shown;
    if (!isDeepStrictEqual(stored, first.reply))
      violations.push(`${name}: the upload shows another decision`);
    return violations;
  });

/** Comes again as long as it is told to: 503 says when, and nothing of what is there. */
async function repeat(
  target: Pick<Target, 'apiUrl' | 'fetch'>,
  attempt: Attempt,
): Promise<{ status: number; reply: IngestReply | null }> {
  const giveUpMs = performance.now() + TOLD_TO_COME_AGAIN_MS;
  for (;;) {
    // A kept connection that the server closed while the request set out: every client takes a new one.
    const response = await postIngest(target, attempt).catch(() => postIngest(target, attempt));
    const text = await response.text();
    if (response.ok) return { status: response.status, reply: JSON.parse(text) };
    const seconds = Number(response.headers.get('retry-after'));
    if (response.status !== 503 || !(seconds > 0) || performance.now() > giveUpMs)
      return { status: response.status, reply: null };
    await pause(seconds * 1000);
  }
}
