import { setTimeout as delay } from 'node:timers/promises';
import { nextRestartDelay, type RestartPolicy } from './restartPolicy.ts';
import type { RunningService, Service } from './service.ts';

/** `onChange` hears every start and end; `report` says in words what a person should know. */
export type KeepRunningOptions = {
  policy: RestartPolicy;
  signal: AbortSignal;
  onChange: (running: RunningService | undefined, restarts: number) => Promise<void>;
  report: (message: string) => void;
};

/** A kept service: `gaveUp` rejects when it will not be restarted any more; `stop` ends it for good. */
export type KeptService = { gaveUp: Promise<never>; stop: () => Promise<void> };

/** Starts a service, waits until it is ready, and from then on starts it again whenever it ends by itself. */
export async function keepRunning(service: Service, options: KeepRunningOptions): Promise<KeptService> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, options.signal]);
  let current: RunningService | undefined = await service.start(signal);
  await options.onChange(current, 0);

  const keep = async () => {
    let failures = 0;
    let restarts = 0;
    let upSince = performance.now();
    for (;;) {
      if (current) await current.exited;
      current = undefined;
      if (signal.aborted) return;
      if (performance.now() - upSince > options.policy.stableAfterMs) failures = 0;
      failures += 1;
      const delayMs = nextRestartDelay(options.policy, failures);
      await options.onChange(undefined, restarts);
      if (delayMs === undefined)
        throw new Error(`${service.name} failed ${failures} times in a row: giving up`);
      options.report(`${service.name} ended unexpectedly: starting it again in ${delayMs} ms`);
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        current = await service.start(signal);
        restarts += 1;
        upSince = performance.now();
        await options.onChange(current, restarts);
        options.report(`${service.name} runs again (process ${current.pid})`);
      } catch (error) {
        if (!signal.aborted) options.report(`${service.name} did not start: ${(error as Error).message}`);
      }
    }
  };
  const kept = keep();
  const gaveUp = kept.then(() => new Promise<never>(() => undefined));
  gaveUp.catch(() => undefined);
  const stop = async () => {
    stopping.abort();
    await current?.stop();
    await kept.catch(() => undefined);
    // A restart that was under way when the stop came may have brought it up once more.
    await current?.stop();
  };
  return { gaveUp, stop };
}
