import { cpus, totalmem } from 'node:os';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { judgeLoad, type LoadVerdict } from './judgeLoad.ts';
import type { LoadProfile } from './profiles.ts';
import type { Metric } from './readSummary.ts';
import type { K6Run } from './runK6.ts';
import type { CpuUse, TimelinePoint } from './watchRun.ts';

/** A run and its verdict, as it is kept in JSON. */
export interface LoadReport extends LoadVerdict {
  load: LoadProfile['name'];
  url: string;
  /** RFC 3339. */
  began_at: string;
  duration_seconds: number;
  version: string;
  machine: { processors: number; model: string; memory_bytes: number };
  /** Null where the engine's processes are not this host's. */
  cpu: CpuUse | null;
  timeline: TimelinePoint[];
  /** What k6 warned of. */
  words: K6Run['words'];
  /** k6's own figures, by its names. */
  metrics: Record<string, Metric>;
}

export function loadReport(
  run: K6Run,
  given: { profile: LoadProfile; url: string; beganAt: Date },
): LoadReport {
  const processors = cpus();
  return {
    load: given.profile.name,
    url: given.url,
    began_at: given.beganAt.toISOString(),
    duration_seconds: given.profile.durationSeconds,
    version: productVersion,
    machine: {
      processors: processors.length,
      model: processors[0]?.model ?? 'unknown',
      memory_bytes: totalmem(),
    },
    ...judgeLoad(run.summary),
    cpu: run.cpu,
    timeline: run.timeline,
    words: run.words,
    metrics: run.summary.metrics,
  };
}

/** What was not kept, in words: `http_req_duration{scenario:ingest}: p(95)<1000, but 1840.2`. */
export const crossedIn = ({ thresholds }: LoadVerdict): string[] =>
  thresholds
    .filter(({ ok }) => !ok)
    .map(
      ({ metric, condition, value }) =>
        `${metric}: ${condition}, but ${value === null ? 'nothing was measured' : rounded(value)}`,
    );

/** Enough digits to see which side of a bound it is. */
export const rounded = (value: number): string => String(Number(value.toFixed(value < 10 ? 6 : 1)));
