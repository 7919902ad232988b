import { processSettingsOf, SettingsError } from '../config/readSettings.ts';
import { WrongKeysError } from '../domain/keys/checkFingerprints.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createLog, describeError, type Log } from './log.ts';
import { withDeadline } from './withDeadline.ts';

export interface Stopping {
  isStopping(): boolean;
}

/** How a process ends: in this order, each step after the one before, all within `timeoutMs`. */
export interface Shutdown {
  timeoutMs: number;
  log: Log;
  steps: [name: string, step: () => Promise<void>][];
}

/** The process was started wrongly: settings, a taken port, a missing file. */
export const EXIT_PRECONDITION = 3;

/** An error whose message says all that the operator needs; no stack is shown. */
export class StartError extends Error {}

/** A step of the start whose every failure is the operator's to mend, such as a file that is missing or wrong. */
export async function mendable<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}

/**
 * Runs a service until SIGTERM or SIGINT, then stops it in order. Exit 3 where it cannot start as it was asked to,
 * 1 where the start failed, something was not caught, or the stop took too long.
 */
export async function runProcess(
  service: string,
  start: (stopping: Stopping) => Promise<Shutdown>,
): Promise<void> {
  const log = createLog({ service, level: 'info' });
  let isStopping = false;
  const die = (error: unknown) => {
    log.error({ err: describeError(error) }, 'an error that nobody caught: the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  const begin = async () => {
    startHeartbeat(processSettingsOf(['WATCHDOG_FD']).WATCHDOG_FD);
    return await start({ isStopping: () => isStopping });
  };
  const started = begin().catch((error: unknown) => {
    if (isPrecondition(error)) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_PRECONDITION);
    }
    log.error({ err: describeError(error) }, `the ${service} cannot start`);
    process.stderr.write(`the ${service} cannot start: ${(error as Error).message}\n`);
    process.exit(1);
  });
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    process.exit(await shutDown(await started, signal));
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  await started;
}

const isPrecondition = (error: unknown): error is Error =>
  error instanceof SettingsError || error instanceof StartError || error instanceof WrongKeysError;

/** Exit code: 0 where every step ended in time. */
async function shutDown({ log, steps, timeoutMs }: Shutdown, signal: string): Promise<number> {
  log.info({ signal }, 'stopping');
  const endMs = performance.now() + timeoutMs;
  let code = 0;
  for (const [name, step] of steps) {
    try {
      await withDeadline(step(), name, Math.max(100, endMs - performance.now()));
    } catch (error) {
      log.error({ step: name, err: describeError(error) }, 'a step of the stop failed');
      code = 1;
    }
  }
  log.info({ code }, 'stopped');
  return code;
}
