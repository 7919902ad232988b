import { isEndpointDown } from '../domain/webhooks/attemptDelivery.ts';
import type { EndpointBreakers } from '../domain/webhooks/deliveryPorts.ts';
import { createBreakers } from './breakers.ts';
import type { Metrics } from './metrics.ts';

const ENDPOINTS = 5_000;
const REST_MS = 30_000;

/** A breaker for each webhook endpoint. They share one label: an endpoint is a tenant's matter, and there are many. */
export function openEndpointBreakers(metrics: Metrics): EndpointBreakers {
  const breakers = createBreakers({
    max: ENDPOINTS,
    failures: 3,
    halfOpenAfterMs: REST_MS,
    isFailure: isEndpointDown,
  });
  metrics.onScrape(() => {
    for (const [state, count] of Object.entries(breakers.states()))
      metrics.set('webhook_breakers', { state }, count);
  });
  // There from the start, so that the first change is a rise from 0.
  for (const to of Object.keys(breakers.states()))
    metrics.count('breaker_transitions_total', { breaker: 'webhook', to }, 0);
  breakers.onTransition(({ to }) => metrics.count('breaker_transitions_total', { breaker: 'webhook', to }));
  return breakers;
}
