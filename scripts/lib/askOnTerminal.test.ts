import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProgram } from './startProgram.ts';

const WAIT_MS = 20_000;

const PROGRAM = `
import { askOnTerminal } from ${JSON.stringify(new URL('askOnTerminal.ts', import.meta.url).pathname)};
const abort = new AbortController();
process.on('SIGINT', () => abort.abort());
const ask = askOnTerminal(abort.signal);
if (!ask) console.log('nobody is there');
else console.log('said ' + (await ask('go on?').catch((error) => error.name)));
`;

/** Runs the program on a terminal of its own, which script(1) makes, or on none, with what is typed there. */
async function typed(keys: string, on: 'terminal' | 'pipe' = 'terminal'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'origin-ask-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ask.ts');
  await writeFile(file, PROGRAM);
  if (on === 'pipe') {
    const { ended } = startProgram([process.execPath, file], { input: keys, timeoutMs: WAIT_MS });
    return (await ended).stdout;
  }
  const child = spawn('script', ['-qec', `${process.execPath} ${file}`, '/dev/null'], { timeout: WAIT_MS });
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (String(chunk).includes('go on?')) child.stdin.write(keys);
  }
  return text;
}

describe('askOnTerminal', () => {
  it('takes yes for yes', async () => {
    expect(await typed('yes\n')).toMatch(/^go on\? \[yes\/no\] yes\s+said true/);
  });

  it.each(['no\n', '\n', 'y\n', 'YES!\n', '\u0004'])('takes %j for no', async (keys) => {
    expect(await typed(keys)).toContain('said false');
  });

  it('ends at Ctrl-C', async () => {
    expect(await typed('\u0003')).toContain('said AbortError');
  });

  it('is not there without a terminal', async () => {
    expect(await typed('yes\n', 'pipe')).toBe('nobody is there\n');
  });
});
