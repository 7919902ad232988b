import { expect, it } from 'vitest';
import { collectWords } from './k6Words.ts';

const log = (level: string, msg: string, error?: string) => JSON.stringify({ level, msg, error });

it('counts the same words, whatever port the caller had, and shows the most frequent first', () => {
  const words = collectWords();
  words.take(log('warning', 'Insufficient VUs'));
  for (const port of [41234, 56789]) {
    words.take(log('warning', 'Request Failed', `read tcp 10.0.0.9:${port}: connection reset`));
  }
  expect(words.all()).toEqual([
    { text: 'Request Failed: read tcp 10.0.0.9: connection reset', times: 2 },
    { text: 'Insufficient VUs', times: 1 },
  ]);
});

it("leaves out what is no warning, and what is not k6's", () => {
  const words = collectWords();
  for (const line of [log('info', 'hello'), ' Container x  Created', '{broken', '']) words.take(line);
  expect(words.all()).toEqual([]);
});

it('shows no key, and does not grow without end', () => {
  const words = collectWords();
  words.take(log('error', 'ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI is wrong'));
  expect(words.all()[0]?.text).not.toContain('0123456789ABCDEF');
  for (let number = 0; number < 500; number += 1) words.take(log('error', `error ${number}`));
  expect(words.all()).toHaveLength(5);
});
