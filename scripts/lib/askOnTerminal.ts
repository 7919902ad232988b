import { createInterface } from 'node:readline/promises';

/**
 * What asks the one who sits at the terminal and says whether they typed "yes", which nothing else stands for; undefined
 * where stdin or stderr is no terminal. Ctrl-C aborts `signal`, and so ends the question.
 */
export function askOnTerminal(signal: AbortSignal): ((question: string) => Promise<boolean>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    // The terminal stays as it is, and Ctrl-C a signal.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    try {
      const answer = await Promise.race([lines.question(`${question} [yes/no] `, { signal }), ended]);
      return answer.trim() === 'yes';
    } finally {
      lines.close();
    }
  };
}
