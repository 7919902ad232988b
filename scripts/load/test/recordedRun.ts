import { readFileSync } from 'node:fs';
import type { K6Run } from '../runK6.ts';

/**
 * A run against a real bundle, as k6 1.8.1 told of it: `kept` is six seconds of smoke, `crossed` eight of steady at 900 a
 * second on two busy cores.
 */
export const recordedRun = (name: 'kept' | 'crossed'): K6Run =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
