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
  breakers.onTransition(({ to }) => metrics.count('breaker_transitions_total', { breaker: 'webhook', to }));
  return breakers;
}
