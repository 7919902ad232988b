/** Delays between restarts of one service and when to give up. */
export type RestartPolicy = {
  firstDelayMs: number;
  maxDelayMs: number;
  maxFailures: number;
  stableAfterMs: number;
};

export const defaultRestartPolicy: RestartPolicy = {
  firstDelayMs: 250,
  maxDelayMs: 10_000,
  maxFailures: 8,
  stableAfterMs: 60_000,
};

/**
 * The delay in milliseconds before the next start after so many failures in a row (1 is the first), or
 * undefined when the service is given up. The delay doubles up to the maximum.
 */
export function nextRestartDelay(policy: RestartPolicy, failures: number): number | undefined {
  if (failures > policy.maxFailures) return undefined;
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
}
