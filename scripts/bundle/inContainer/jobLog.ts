/** Writes what a job of the crontab found as one line of JSON, as the services do. */
export function jobLog(job: string) {
  const write = (level: 'info' | 'error', msg: string, more: object) =>
    process.stdout.write(
      `${JSON.stringify({ level, time: new Date().toISOString(), service: 'cron', job, ...more, msg })}\n`,
    );
  return {
    info: (msg: string, more: object = {}): void => void write('info', msg, more),
    /** Ends the process with code 1. */
    fail(msg: string, more: object = {}): never {
      write('error', msg, more);
      process.exit(1);
    },
  };
}
