import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosTarget } from './chaosTarget.ts';

const EVERY_MS = 250;
const ANSWER_MS = 5_000;

/** A look that was not answered with 200. */
export interface BadLook {
  /** When it began, as performance.now(). */
  atMs: number;
  path: '/ready' | '/health/live';
  answer: string;
}

/** What the public listener said of itself over time. */
export interface EdgeWatch {
  bad: readonly BadLook[];
  stop(): Promise<void>;
}

/** Asks nginx for readiness and liveness, as a load balancer does, until it is stopped. */
export function watchEdge({ apiUrl, fetch }: Pick<ChaosTarget, 'apiUrl' | 'fetch'>): EdgeWatch {
  const bad: BadLook[] = [];
  const over = new AbortController();
  const look = async (path: BadLook['path']) => {
    const atMs = performance.now();
    const answer = await ask(path);
    if (answer !== '200') bad.push({ atMs, path, answer });
  };
  const ask = async (path: string) => {
    try {
      const reply = await fetch(`${apiUrl}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      await reply.body?.cancel();
      return `${reply.status}`;
    } catch (error) {
      return (error as Error).name;
    }
  };
  const watching = (async () => {
    while (!over.signal.aborted) {
      await Promise.all([look('/ready'), look('/health/live')]);
      await pause(EVERY_MS);
    }
  })();
  return {
    bad,
    stop() {
      over.abort();
      return watching;
    },
  };
}
