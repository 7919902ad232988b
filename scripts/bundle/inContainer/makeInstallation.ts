import { text } from 'node:stream/consumers';
import { describeError } from '../../lib/describeError.ts';
import { makeInstallation } from '../makeInstallation.ts';

// What root does for an operator who is not root: the input is JSON on stdin, the result JSON on stdout.
try {
  const made = await makeInstallation(JSON.parse(await text(process.stdin)));
  process.stdout.write(JSON.stringify(made));
} catch (error) {
  const { data, exitCode } = describeError(error);
  process.stdout.write(JSON.stringify({ error: data }));
  process.exitCode = exitCode;
}
