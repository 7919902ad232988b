import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { runTool } from './runTool.ts';

const KEPT_LINES = '50';
const KEPT_BYTES = 8_000;

/** Where the engine writes: its journal under systemd, a file elsewhere. */
export type EngineLog = 'journal' | { file: string };

/** Gives what reads the last words that the engine says from now on: those of an earlier one are no reason to mend. */
export function listenToEngine(log: EngineLog): () => Promise<string> {
  return log === 'journal' ? listenToJournal() : listenToFile(log.file);
}

function listenToJournal(): () => Promise<string> {
  const since = `@${Math.floor(Date.now() / 1_000)}`;
  return async () => {
    const args = ['--unit', 'docker', '--since', since, '--lines', KEPT_LINES, '--output', 'cat'];
    return (await runTool('journalctl', [...args, '--no-pager'])).output;
  };
}

function listenToFile(path: string): () => Promise<string> {
  const sizeNow = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const before = sizeNow();
  return async () => {
    const size = sizeNow();
    // One that was rotated meanwhile begins anew.
    const from = Math.max(size < before ? 0 : before, size - KEPT_BYTES);
    if (size === 0) return '';
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  };
}
