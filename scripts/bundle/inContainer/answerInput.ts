import { text } from 'node:stream/consumers';
import { describeError } from '../../lib/describeError.ts';

/** What root does for an operator who is not root: the input is JSON on stdin, the result or the error JSON on stdout. */
export async function answerInput<Input>(work: (input: Input) => Promise<unknown>): Promise<void> {
  try {
    const output = await work(JSON.parse(await text(process.stdin)) as Input);
    process.stdout.write(JSON.stringify(output));
  } catch (error) {
    const { data, exitCode } = describeError(error);
    process.stdout.write(JSON.stringify({ error: data }));
    process.exitCode = exitCode;
  }
}
