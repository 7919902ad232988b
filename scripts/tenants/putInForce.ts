import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_CACHE_SECONDS } from '@origin-stack/core/domain/keys/authenticate';
import { markKeys } from '@origin-stack/core/infra/keyMarks';
import type { Redis } from '@origin-stack/core/infra/redis';
import type { Operator } from '../embedded/operator.ts';
import type { CommandContext, Flags } from '../lib/command.ts';
import { InterruptedError } from '../lib/commandErrors.ts';

/** The clocks of two hosts do not run equally fast. */
const CLOCK_SLACK_MS = 2_000;
const REMEMBERED_MS = KEY_CACHE_SECONDS * 1_000 + CLOCK_SLACK_MS;
const CONNECT_MS = 2_000;
const TRY_EVERY_MS = 500;
/** How finely the time that is left is told, in seconds: where nobody can redraw a line, each is one. */
const TOLD_SECONDS = 10;

export type Waiting = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

export interface CommittedChange {
  /** Of the keys that it concerns. */
  prefixes: string[];
  /** What has not taken effect yet, as the waiting operator reads it: `the revocation of ok_live_…`. */
  what: string;
  /** How long a process may use what it remembers. */
  rememberedMs?: number;
}

/**
 * Makes a change of keys that was just committed take effect in every process before it returns: by marks, or, where
 * Redis takes none, by waiting until it does or until no process can remember the keys. Throws InterruptedError, which
 * says when the change takes effect at the latest.
 */
export async function putInForce(
  operator: Pick<Operator, 'redis' | 'markSlackSeconds'>,
  change: CommittedChange,
  { progress, signal }: Waiting,
): Promise<void> {
  const { rememberedMs = REMEMBERED_MS, prefixes, what } = change;
  const startMs = performance.now();
  const leftMs = () => rememberedMs - (performance.now() - startMs);
  const until = new Date(Date.now() + rememberedMs).toISOString().replace(/\.\d+/, '');
  const mark = () =>
    markKeys(operator.redis, prefixes, operator.markSlackSeconds).then(
      () => undefined,
      (error: Error) => error,
    );
  await untilConnected(operator.redis, Math.min(CONNECT_MS, rememberedMs));
  const refusal = await mark();
  if (!refusal) return;
  progress.note(`${what} is committed, but Redis does not take its mark: ${refusal.message}`);
  progress.note(
    `processes may use what they remember until ${until}: waiting until then, or until Redis takes it`,
  );
  const step = progress.step('waiting for the change to take effect');
  while (leftMs() > 0) {
    const told = Math.ceil(leftMs() / 1_000 / TOLD_SECONDS) * TOLD_SECONDS;
    step.update(`at most ${told} s`, 1 - leftMs() / rememberedMs);
    await sleep(Math.min(TRY_EVERY_MS, leftMs()), undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      step.fail('interrupted');
      throw new InterruptedError({
        what: `interrupted: ${what} is committed, and takes effect everywhere only at ${until}`,
        why: `Redis does not take its mark: ${refusal.message}`,
        next: 'run the same command again to wait for it',
      });
    }
    if (!(await mark())) return step.done('Redis took the mark');
  }
  step.done('no process remembers the keys any more');
}

/** A command may be faster than its connection: what Redis would take now is not called refused. */
async function untilConnected(redis: Redis, deadlineMs: number): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!redis.isReady() && performance.now() < endMs) await sleep(20);
}
