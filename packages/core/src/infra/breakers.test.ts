import { expect, test } from 'vitest';
import type { BreakerTransition } from './breaker.ts';
import { createBreakers } from './breakers.ts';

function setUp(max: number) {
  const breakers = createBreakers({
    max,
    failures: 2,
    halfOpenAfterMs: 1000,
    isFailure: () => true,
    nowMs: () => 0,
  });
  const open = async (key: string) => {
    for (let i = 0; i < 2; i += 1)
      await breakers
        .of(key)
        .run(() => Promise.reject(new Error()))
        .catch(() => {});
  };
  return { breakers, open };
}

test('one key that fails leaves the other keys alone', async () => {
  const { breakers, open } = setUp(10);
  await open('a');
  expect(breakers.of('a').state()).toBe('open');
  expect(await breakers.of('b').run(async () => 'answer')).toBe('answer');
});

test('no more breakers are kept than allowed, and the forgotten keys are told', () => {
  const { breakers } = setUp(3);
  const forgotten: string[] = [];
  breakers.onForgotten((key) => forgotten.push(key));
  for (const key of ['a', 'b', 'c']) breakers.of(key);
  breakers.of('a');
  for (const key of ['d', 'e']) breakers.of(key);
  expect(breakers.size).toBe(3);
  expect(forgotten).toEqual(['b', 'c']);
});

test('listeners hear the transitions of every key, also of those made later, until they unsubscribe', async () => {
  const { breakers, open } = setUp(10);
  const heard: BreakerTransition[] = [];
  const stop = breakers.onTransition((transition) => heard.push(transition));
  await open('a');
  await open('b');
  stop();
  await open('c');
  expect(heard).toEqual([
    { name: 'a', from: 'closed', to: 'open' },
    { name: 'b', from: 'closed', to: 'open' },
  ]);
});

test('it counts those that are kept by their state', async () => {
  const { breakers, open } = setUp(2);
  await open('a');
  breakers.of('b');
  expect(breakers.states()).toEqual({ closed: 1, half_open: 0, open: 1 });
  breakers.of('c');
  expect(breakers.states()).toEqual({ closed: 2, half_open: 0, open: 0 });
});

test('a call of a forgotten breaker does not speak for the one that has its key now', async () => {
  const { breakers } = setUp(1);
  const heard: BreakerTransition[] = [];
  breakers.onTransition((transition) => heard.push(transition));
  const old = breakers.of('a');
  breakers.of('b');
  breakers.of('a');
  for (let i = 0; i < 2; i += 1) await old.run(() => Promise.reject(new Error())).catch(() => {});
  expect(old.state()).toBe('open');
  expect(heard).toEqual([]);
  expect(breakers.of('a').state()).toBe('closed');
});
