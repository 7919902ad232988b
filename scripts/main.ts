import { InterruptedError } from './lib/commandErrors.ts';
import { commandList } from './lib/commandList.ts';
import { progressTarget } from './lib/progress.ts';
import { runCommandLine } from './lib/runCommandLine.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second wish to stop is not discussed.
    if (interruption.signal.aborted && signal === 'SIGINT') process.exit(130);
    interruption.abort(new InterruptedError());
  });
}

// `./stack logs | head` closes the pipe: nobody reads on, so there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const exitCode = await runCommandLine({
  commands: commandList,
  argv: process.argv.slice(2),
  stdout: (text) => process.stdout.write(text),
  stderr: progressTarget(process.stderr, process.env),
  signal: interruption.signal,
});
process.exit(exitCode);
