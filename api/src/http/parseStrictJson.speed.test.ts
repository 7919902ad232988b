import { expect, it } from 'vitest';
import { parseStrictJson } from './parseStrictJson.ts';
import { MAX_BODY_BYTES } from './readBody.ts';
import { StrictJsonError } from './strictJsonError.ts';

/** Of several runs the fastest: what another process took from this one is not the parser's. */
const RUNS = 5;
const MAX_MS = 100;
/** Where the machine is so busy that JSON.parse alone is slow, so many times its time. */
const MAX_RATIO = 8;

function repeated(unit: string, { open, close }: { open: string; close: string }): string {
  const count = Math.floor((MAX_BODY_BYTES - open.length - close.length) / (unit.length + 1));
  return open + Array.from({ length: count }, () => unit).join(',') + close;
}

/** How long until a verdict; a refusal is one. */
function timeMs(judge: () => unknown): number {
  const startMs = performance.now();
  try {
    judge();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof StrictJsonError)) throw error;
  }
  return performance.now() - startMs;
}

const list = { open: '[', close: ']' };
const manyNames = () => {
  const members = Array.from({ length: 80_000 }, (_, index) => `"${index.toString(36)}":0`);
  return `{${members.join(',')}}`;
};

it.each([
  ['numbers', repeated('1', list)],
  ['exponents', repeated('1e5', list)],
  ['strings', repeated('""', list)],
  ['objects', repeated('{}', list)],
  ['nested arrays', repeated('['.repeat(60) + ']'.repeat(60), list)],
  ['members', manyNames()],
  ['digits', `0.${'1'.repeat(MAX_BODY_BYTES - 2)}`],
  ['white space', `${' '.repeat(MAX_BODY_BYTES - 1)}1`],
  ['escapes', `"${'\\"'.repeat(MAX_BODY_BYTES / 2 - 1)}"`],
  ['escaped pairs', `"${'\\ud83d\\ude00'.repeat(87_000)}"`],
  ['open brackets', '['.repeat(MAX_BODY_BYTES)],
  ['open members', '{"a":'.repeat(200_000)],
  ['one member, again and again', `{${Array.from({ length: 130_000 }, () => '"a":1').join(',')}}`],
])('gives a verdict on 1 MiB of %s within a tenth of a second', (_what, text) => {
  const bytes = Buffer.from(text);
  const ours: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    ours.push(timeMs(() => parseStrictJson(bytes)));
    plain.push(timeMs(() => JSON.parse(bytes.toString())));
  }
  expect(Math.min(...ours)).toBeLessThan(Math.max(MAX_MS, MAX_RATIO * Math.min(...plain)));
});
