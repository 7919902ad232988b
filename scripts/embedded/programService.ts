import { join } from 'node:path';
import { startServerProcess, waitUntilReady } from '@origin-stack/core/infra/embedded/serverProcess';
import { requireFreePort, type WantedPort } from './portHolder.ts';
import type { Service } from './service.ts';
import type { StateDir } from './stateDir.ts';

/**
 * A program of ours. It gets exactly `env`; secrets belong into files that it names. `isReady` is asked until
 * it says true; without it the program is ready once it runs. A port that another program holds is refused
 * before each start, since that program could answer in place of ours.
 */
export type ProgramOptions = {
  dir: StateDir;
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  port?: WantedPort;
  isReady?: () => Promise<boolean>;
  startDeadlineMs?: number;
  stopDeadlineMs?: number;
};

/** A service that runs a program with its output in `logs/NAME.log`. */
export function programService(options: ProgramOptions): Service {
  const { name, command, args, env } = options;
  const logFile = join(options.dir.logs, `${name}.log`);
  return {
    name,
    stopSignal: 'SIGTERM',
    start: async (signal) => {
      if (options.port) await requireFreePort(options.port);
      const server = { name, command, args, env, logFile, identity: null };
      const process = await startServerProcess(server);
      const stop = () => process.stop('SIGTERM', options.stopDeadlineMs);
      try {
        const deadlineMs = options.startDeadlineMs ?? 30_000;
        await waitUntilReady({ ...server, process, deadlineMs }, async () => {
          signal.throwIfAborted();
          return (await options.isReady?.()) ?? true;
        });
      } catch (error) {
        await stop();
        throw error;
      }
      return { pid: process.pid, port: options.port?.port ?? null, exited: process.exited, stop };
    },
  };
}

/** A readiness probe: GET answers with a 2xx within two seconds. */
export function answersOk(url: string): () => Promise<boolean> {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000), redirect: 'error' });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  };
}
