import { isDeepStrictEqual } from 'node:util';
import type { IngestReply } from '@origin-stack/contract/ingest';
import { type Attempt, postIngest } from '../workloads/ingestLoad.ts';
import type { Invariant } from './aftermath.ts';
import { inParallel } from './inParallel.ts';

/** Each so-many-th upload is also read by its id. */
const READ_EVERY = 5;

/**
 * Every acknowledged upload is there and shows what was acknowledged; the same request again gives that reply. One whose
 * outcome was unknown is decided on at its repetition or was before, and from then on has one reply too.
 */
export const firstReplyStands: Invariant = ({ product, attempts }) =>
  inParallel([...attempts.entries()], async ([index, attempt]) => {
    const name = attempt.request.external_id;
    const first = attempt.reply
      ? { status: 200, reply: attempt.reply }
      : await repeat(product.apiUrl, attempt);
    if (!first.reply) return [`${name}: not accepted at its repetition: ${first.status}`];
    const again = await repeat(product.apiUrl, attempt);
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

async function repeat(
  apiUrl: string,
  attempt: Attempt,
): Promise<{ status: number; reply: IngestReply | null }> {
  const response = await postIngest(apiUrl, attempt);
  const text = await response.text();
  return { status: response.status, reply: response.ok ? JSON.parse(text) : null };
}
