import type { Breaker, BreakerState } from './breaker.ts';
import type { Metrics } from './metrics.ts';

const VALUES: Record<BreakerState, number> = { closed: 0, half_open: 1, open: 2 };

/** The state of a breaker as a gauge, and its changes as a counter: half-open lasts too short for a gauge to be seen. */
export function watchBreaker(metrics: Metrics, breaker: Breaker): void {
  // There from the start, so that the first change is a rise from 0.
  for (const to of Object.keys(VALUES))
    metrics.count('breaker_transitions_total', { breaker: breaker.name, to }, 0);
  metrics.onScrape(() => metrics.set('breaker_state', { breaker: breaker.name }, VALUES[breaker.state()]));
  breaker.onTransition(({ to }) => metrics.count('breaker_transitions_total', { breaker: breaker.name, to }));
}
