/** A started service: `exited` settles when it ends by itself, `stop` ends it gracefully, then by force. */
export type RunningService = {
  pid: number;
  port: number | null;
  exited: Promise<number>;
  stop: () => Promise<void>;
};

/**
 * Something that the supervisor keeps running. `start` resolves when it is ready and rejects when it cannot
 * be; it is called again after a crash and must then use the port that it had.
 */
export type Service = {
  name: string;
  stopSignal: NodeJS.Signals;
  start: (signal: AbortSignal) => Promise<RunningService>;
};
