import { setImmediate } from 'node:timers/promises';
import type { ClaimedWork } from '@origin-stack/core/domain/outbox/outboxStore';
import type { TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { clientTls } from '@origin-stack/core/infra/tlsOptions';
import { withDeadline } from '@origin-stack/core/infra/withDeadline';
import Bull from 'bull';

const QUEUE = 'work';
const ANSWER_DEADLINE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MOST_BETWEEN_CONNECTS_MS = 2_000;

/** The work that a job in the queue stands for; the truth about it is the outbox row. */
export interface Job extends Pick<ClaimedWork, 'id' | 'name' | 'claim'> {
  tenantId: string;
}

export interface WorkQueueOptions {
  redisUrl: string;
  /** For a URL that begins with `rediss:`. */
  tls?: TlsIdentity | undefined;
  concurrency: number;
  /** Called for each job that is given out, at most `concurrency` at once. What it throws is lost: it must not. */
  run(job: Job): Promise<void>;
  /** Called for each connection that breaks or does not come about, also one by one while Redis stays away. */
  onAway(error: Error): void;
  onConnected(): void;
}

export interface WorkQueue {
  /** True where its connection is open. */
  isConnected(): boolean;
  /** The last error that the server replied to what the queue does by itself: take jobs, and end them. */
  refusal(): Error | undefined;
  /** How many jobs wait to be given out. Rejects where the server does not say, with `DeadlineError` after 2 s. */
  countWaiting(): Promise<number>;
  /** Adds jobs, and says which of them the server did not take within 2 s, and why. */
  add(jobs: Job[]): Promise<RefusedJobs | undefined>;
  /** True where work waits, and for `stallMs` none of it was taken here and none was running. */
  isStalled(waiting: number, stallMs: number): boolean;
  /** Takes no more, lets what runs end, and closes, also where the connections are dead. */
  close(): Promise<void>;
}

export interface RefusedJobs {
  jobs: Job[];
  error: unknown;
}

/** The only file that knows Bull. */
export function openWorkQueue(options: WorkQueueOptions): WorkQueue {
  const bull = new Bull<Job>(QUEUE, options.redisUrl, {
    redis: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: (retries) => Math.min(50 * 2 ** retries, MOST_BETWEEN_CONNECTS_MS),
      ...tlsOf(options),
    },
    prefix: 'bull',
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    settings: { maxStalledCount: 0 },
  });
  let refusal: Error | undefined;
  let idleSinceMs = performance.now();
  const runs = new Set<Promise<void>>();
  const note = (error: Error) => {
    if (isReply(error)) refusal = error;
    else options.onAway(error);
  };
  bull.on('error', note);
  // Bull does not look whether a job could be marked as failed. Ours never fail: what comes here is the server's word.
  bull.on('failed', (_, error) => isReply(error) && note(error));
  bull.on('lock-extension-failed', (_, error) => isReply(error) && note(error));
  bull.client.on('ready', options.onConnected);
  bull
    .process(options.concurrency, async ({ data }) => {
      const run = options.run(data);
      runs.add(run);
      try {
        await run;
      } finally {
        runs.delete(run);
        idleSinceMs = performance.now();
      }
    })
    .catch(note);

  return {
    isConnected: () => bull.client.status === 'ready',
    refusal: () => refusal,
    async countWaiting() {
      // Bull's own count takes an error for none.
      const lengths = ['wait', 'paused'].map((list) => bull.client.llen(bull.toKey(list)));
      const [wait = 0, paused = 0] = await soon(Promise.all(lengths));
      return wait + paused;
    },
    async add(jobs) {
      // One by one: of a transaction Bull drops the errors of its commands, and nobody sends a script that is gone again.
      const added = await Promise.allSettled(jobs.map((job) => soon(addOne(bull, job))));
      const [first] = added.filter(({ status }) => status === 'rejected');
      if (first?.status !== 'rejected') return undefined;
      return { jobs: jobs.filter((_, at) => added[at]?.status === 'rejected'), error: first.reason };
    },
    isStalled(waiting, stallMs) {
      if (waiting === 0 || runs.size > 0) idleSinceMs = performance.now();
      return performance.now() - idleSinceMs > stallMs;
    },
    async close() {
      // Bull's own way to let jobs end waits for ever where a connection is dead, and rejects where nobody listens.
      await soon(bull.pause(true, true)).catch(() => {});
      // What was being taken has begun when this is answered.
      await soon(bull.client.ping()).catch(() => {});
      await setImmediate();
      while (runs.size > 0) await Promise.allSettled(runs);
      await soon(bull.close(true)).catch(() => {
        for (const client of bull.clients) client.disconnect();
      });
    },
  };
}

async function addOne(bull: Bull.Queue<Job>, job: Job): Promise<void> {
  const jobId = `${job.id}:${job.claim}`;
  const { id } = await bull.add(job, { jobId });
  if (id !== jobId) throw new Error(`the queue added a job as ${id}`);
}

/** An error that the server replied; any other is one of the way to it. */
const isReply = (error: Error) => error.name === 'ReplyError';

const soon = <T>(answer: Promise<T>) => withDeadline(answer, 'the queue', ANSWER_DEADLINE_MS);

/** Bull's client looks at no scheme: without this it would speak in the clear to a `rediss:` URL. */
function tlsOf({ redisUrl, tls }: WorkQueueOptions) {
  if (!redisUrl.startsWith('rediss:')) return {};
  return { tls: tls ? { ...clientTls(tls, new URL(redisUrl).hostname) } : {} };
}
