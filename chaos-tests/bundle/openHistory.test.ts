import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openHistory } from './openHistory.ts';
import type { HistoryLine } from './runChaos.ts';

const lineOf = (scenario: string): HistoryLine => ({
  scenario,
  external_id: 'x-1',
  correlationId: 'x-1',
  outcome: 'acknowledged',
  status: 201,
  error: null,
  upload_id: null,
});

test('a history holds the requests of all scenarios of its run, and of no run before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'origin-history-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'chaos.history.jsonl');
  await (await openHistory(file))([lineOf('before')]);
  const record = await openHistory(file);
  await record([lineOf('first'), lineOf('first')]);
  await record([]);
  await record([lineOf('second')]);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).scenario)).toEqual(['first', 'first', 'second']);
});
