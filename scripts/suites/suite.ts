/** What came of a suite, test by test. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
  /** What ran, as far as the suite says so. */
  ran: { name: string; seconds: number }[];
}

export interface SuiteRun {
  /** Where the suite writes everything that it prints. */
  logFile: string;
  /** Where it writes its JUnit report. */
  junitFile: string;
  signal: AbortSignal;
}

/** A set of tests with a program that runs them. */
export interface Suite {
  name: string;
  budgetMinutes: number;
  /** Only with --nightly. */
  nightly?: boolean;
  /** Why this host cannot run it, with what to install; undefined where it can. */
  missing?(): Promise<string | undefined>;
  run(run: SuiteRun): Promise<Tally>;
}
