import { appendFile, writeFile } from 'node:fs/promises';
import type { HistoryLine } from './runChaos.ts';

/** Begins a file of requests, a line of JSON each, and says how they get into it. Those of another run that was told the same name go. */
export async function openHistory(file: string): Promise<(lines: HistoryLine[]) => Promise<void>> {
  await writeFile(file, '');
  return (lines) => appendFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
