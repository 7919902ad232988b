import { askOnTerminal } from './lib/askOnTerminal.ts';
import { InterruptedError } from './lib/commandErrors.ts';
import { commandList } from './lib/commandList.ts';
import { progressTarget } from './lib/progress.ts';
import { runCommandLine } from './lib/runCommandLine.ts';

/** Programs such as timeout(1) send a signal to the group and to the process: what comes twice at once is one wish. */
const ONE_WISH_MS = 1_000;

const interruption = new AbortController();
let interruptedMs = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second wish to stop is not discussed.
    const isSecondWish = interruption.signal.aborted && performance.now() - interruptedMs > ONE_WISH_MS;
    if (isSecondWish) process.exit(130);
    if (interruption.signal.aborted) return;
    interruptedMs = performance.now();
    interruption.abort(new InterruptedError());
  });
}

// `./stack logs | head` closes the pipe: nobody reads on, so there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Nobody reads how far it is: what was begun goes on to its end.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await runCommandLine({
  commands: commandList,
  argv: process.argv.slice(2),
  stdout: (text) => process.stdout.write(text),
  stderr: progressTarget(process.stderr, process.env),
  ask: askOnTerminal(interruption.signal),
  signal: interruption.signal,
});
process.exit(exitCode);
