/** Compares versions by their first two numbers; what stands behind them is a distribution's. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(oldest);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

const numbers = (version: string) => (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
