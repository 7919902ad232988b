import { expect, test } from 'vitest';
import { WebhookSendError } from '../domain/webhooks/deliveryPorts.ts';
import { createMetrics } from './metrics.ts';
import { openEndpointBreakers } from './openEndpointBreakers.ts';

test('metrics tell how many endpoints are in each state, and the changes from 0', async () => {
  const metrics = createMetrics('test');
  const breakers = openEndpointBreakers(metrics);
  expect(await metrics.scrape()).toMatch(
    /^breaker_transitions_total\{(?=.*breaker="webhook")(?=.*to="open").*\} 0$/m,
  );
  const isAway = () => Promise.reject(new WebhookSendError('proxy', 'the way out is shut'));
  for (let i = 0; i < 3; i += 1)
    await breakers
      .of('one')
      .run(isAway)
      .catch(() => {});
  await breakers.of('other').run(async () => 'answer');
  const text = await metrics.scrape();
  expect(text).toMatch(/^webhook_breakers\{(?=.*state="open").*\} 1$/m);
  expect(text).toMatch(/^webhook_breakers\{(?=.*state="closed").*\} 1$/m);
  expect(text).toMatch(/^breaker_transitions_total\{(?=.*breaker="webhook")(?=.*to="open").*\} 1$/m);
});
