import { describeError, type Log } from '@origin-stack/core/infra/log';

const POLL_MS = 100;

/** Calls `hand` again and again: at once while it says that there is more, else after a pause. */
export function startRelay(hand: () => Promise<boolean>, log: Log): { stop(): Promise<void> } {
  let stopping = false;
  let wake = () => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = (async () => {
    while (!stopping) {
      const isMore = await hand().catch((error: unknown) => {
        log.warn({ err: describeError(error) }, 'work could not be handed out');
        return false;
      });
      if (!isMore && !stopping) await pause();
    }
  })();
  return {
    async stop() {
      stopping = true;
      wake();
      await loop;
    },
  };
}
