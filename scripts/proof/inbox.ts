import type { WebhookEvent } from '@origin-stack/sdk';

/** Events that came, and those who wait for one. */
export interface Inbox {
  take(event: WebhookEvent): void;
  refuse(why: string): void;
  /** The first event that fits; rejects where none came in time, and says what was refused. */
  waitFor(fits: (event: WebhookEvent) => boolean, deadlineMs: number): Promise<WebhookEvent>;
}

export function createInbox(): Inbox {
  const events: WebhookEvent[] = [];
  const refused: string[] = [];
  const waiting = new Set<() => void>();
  return {
    take(event) {
      events.push(event);
      for (const look of waiting) look();
    },
    refuse: (why) => void refused.push(why),
    waitFor(fits, deadlineMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          const why = refused.length > 0 ? `; refused: ${refused.join(', ')}` : '';
          reject(new Error(`no webhook came within ${deadlineMs / 1000} s${why}`));
        }, deadlineMs);
        const look = () => {
          const event = events.find(fits);
          if (!event) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
