import { DomainError } from '../domainError.ts';

export interface GroupCommitOptions<T, R> {
  /** Items that share one commit at most. */
  maxBatch: number;
  /** Items of one key that may wait; beyond it callers are refused. */
  maxWaiting: number;
  /** Commits items in one transaction; results in the same order. */
  run(key: string, items: T[]): Promise<R[]>;
  /** True where an error may be one item's own fault, so that the others deserve a commit without it. */
  isItemsFault(error: unknown): boolean;
}

interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * Group commit: while one commit of a key is under way, what arrives for that key gathers, and shares the next.
 * Nobody waits for company: a lone item is committed at once. Each caller is answered after its own commit.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>) {
  const queues = new Map<string, Waiting<T, R>[]>();

  const settle = async (key: string, batch: Waiting<T, R>[]): Promise<void> => {
    try {
      const results = await options.run(
        key,
        batch.map((waiting) => waiting.item),
      );
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as R);
    } catch (error) {
      if (batch.length > 1 && options.isItemsFault(error)) {
        for (const waiting of batch) await settle(key, [waiting]);
      } else {
        for (const waiting of batch) waiting.reject(error);
      }
    }
  };

  const drain = async (key: string, queue: Waiting<T, R>[]): Promise<void> => {
    while (queue.length > 0) await settle(key, queue.splice(0, options.maxBatch));
    queues.delete(key);
  };

  return (key: string, item: T): Promise<R> =>
    new Promise((resolve, reject) => {
      const queue = queues.get(key);
      if (queue && queue.length >= options.maxWaiting) {
        reject(
          new DomainError(
            'dependency_unavailable',
            'Too many requests of this tenant wait for the database.',
            {
              retryAfterSeconds: 1,
            },
          ),
        );
      } else if (queue) {
        queue.push({ item, resolve, reject });
      } else {
        const started: Waiting<T, R>[] = [{ item, resolve, reject }];
        queues.set(key, started);
        void drain(key, started);
      }
    });
}
