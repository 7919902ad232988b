import { pino } from 'pino';

/** What a log line may never carry; the values of these members are replaced. */
const REDACTED = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'key_value',
  'token',
  'privateKey',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** Only what a person must act on now. */
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** One JSON object a line on stdout, with `service` and an ISO `time`. */
export function createLog(options: { service: string; level: string }): Log {
  return pino({
    level: options.level,
    base: { service: options.service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    // What was described already is left as it is: described again it would say `[object Object]`.
    serializers: { err: (value: unknown) => (value instanceof Error ? describeError(value) : value) },
  }) as Log;
}

/** Name, message, stack and code of an error, and of its causes: never its other members, which may hold a request. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? String(error.code) : undefined;
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}
