import type { Operator } from '../embedded/operator.ts';
import type { StateDir } from '../embedded/stateDir.ts';
import type { Step } from '../lib/progress.ts';

/** A row of the report: what was measured, the figure, and the bound or the ratio beside it. */
export interface Figure {
  what: string;
  value: string;
  bound?: string;
  /** False where a bound is missed. */
  met?: boolean;
}

/** What a part measures on: an installation of its own, quiet but for the part. */
export interface Bench {
  dir: StateDir;
  operator: Operator;
  url: string;
  /** A key of the tenant that the bench writes as. */
  apiKey: string;
  tenantId: string;
  pids: Record<string, number>;
  step: Step;
}

export interface BenchPart {
  name: string;
  title: string;
  run(bench: Bench): Promise<Figure[]>;
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
export const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`;
export const times = (value: number): string =>
  `${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')}×`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
