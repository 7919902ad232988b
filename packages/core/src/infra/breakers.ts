import { LRUCache } from 'lru-cache';
import {
  type Breaker,
  type BreakerOptions,
  type BreakerState,
  type BreakerTransition,
  createBreaker,
} from './breaker.ts';

export interface BreakersOptions extends Omit<BreakerOptions, 'name'> {
  /** How many breakers are kept; the one that was asked for longest ago is forgotten, whatever its state. */
  max: number;
}

export interface Breakers {
  /** The breaker of a key, made closed where there is none. Its name is the key. */
  of(key: string): Breaker;
  /** The transitions of all of them. Returns what unsubscribes the listener. */
  onTransition(listener: (transition: BreakerTransition) => void): () => void;
  /** Tells the keys that are forgotten, so that what was kept about them can go too. */
  onForgotten(listener: (key: string) => void): () => void;
  readonly size: number;
  /** How many of those that are kept are in each state. */
  states(): Record<BreakerState, number>;
}

/** Breakers by key, for dependencies that are many: a webhook endpoint each. */
export function createBreakers({ max, ...options }: BreakersOptions): Breakers {
  const transitionListeners = new Set<(transition: BreakerTransition) => void>();
  const forgottenListeners = new Set<(key: string) => void>();
  const kept = new LRUCache<string, Breaker>({
    max,
    dispose: (_, key) => {
      for (const listener of forgottenListeners) listener(key);
    },
  });
  const make = (key: string) => {
    const breaker = createBreaker({ ...options, name: key });
    breaker.onTransition((transition) => {
      // A call that outlives its forgotten breaker must not speak for the key's next one.
      if (kept.peek(key) !== breaker) return;
      for (const listener of transitionListeners) listener(transition);
    });
    kept.set(key, breaker);
    return breaker;
  };
  return {
    of: (key) => kept.get(key) ?? make(key),
    onTransition(listener) {
      transitionListeners.add(listener);
      return () => transitionListeners.delete(listener);
    },
    onForgotten(listener) {
      forgottenListeners.add(listener);
      return () => forgottenListeners.delete(listener);
    },
    get size() {
      return kept.size;
    },
    states() {
      const counts = { closed: 0, half_open: 0, open: 0 };
      for (const breaker of kept.values()) counts[breaker.state()] += 1;
      return counts;
    },
  };
}
