import { type CpuMeter, openCpuMeters } from './cpuMeter.ts';
import type { RunProgress } from './readSummary.ts';

const GENERATOR = 'k6';

/** One look, once a second; processor time in seconds since the first look, null where it cannot be measured. */
export interface TimelinePoint extends RunProgress {
  generator_cpu: number | null;
  product_cpu: number | null;
}

/** Processor time of the generator and of the product over the same time, in cores. */
export interface CpuUse {
  seconds: number;
  generator_cores: number;
  product_cores: number;
  /** The product's, the busiest first. */
  services: { service: string; cores: number }[];
}

export interface RunWatch {
  /** Looks at the bundle; one after the other. */
  look(progress: RunProgress): void;
  end(): Promise<{ timeline: TimelinePoint[]; cpu: CpuUse | null }>;
}

/** Watches a project from the first look to the last one that still found the generator. */
export function watchRun(project: string): RunWatch {
  const timeline: TimelinePoint[] = [];
  let meters: CpuMeter[] | undefined;
  let first: Reading | undefined;
  let last: Reading | undefined;
  const look = async (progress: RunProgress) => {
    meters ??= await openCpuMeters(project).catch(() => []);
    const reading = await readAll(meters);
    first ??= reading;
    if (reading) last = reading;
    const since = reading && first && differenceOf(first, reading);
    timeline.push({
      ...progress,
      generator_cpu: since ? (since.get(GENERATOR) ?? 0) : null,
      product_cpu: since ? productOf(since) : null,
    });
  };
  let under: Promise<void> = Promise.resolve();
  return {
    look: (progress) => {
      under = under.then(() => look(progress));
    },
    async end() {
      await under;
      const cpu = first && last && last.atMs > first.atMs ? useBetween(first, last) : null;
      return { timeline, cpu };
    },
  };
}

interface Reading {
  atMs: number;
  seconds: Map<string, number>;
}

/** Undefined where there is no generator, or no longer. */
async function readAll(meters: CpuMeter[]): Promise<Reading | undefined> {
  const read = meters.map(async ({ service, read }) => [service, await read().catch(() => null)] as const);
  const found = (await Promise.all(read)).filter((pair): pair is [string, number] => pair[1] !== null);
  const seconds = new Map(found);
  return seconds.has(GENERATOR) ? { atMs: performance.now(), seconds } : undefined;
}

/** A container that was replaced meanwhile has a new account, or none. */
const differenceOf = (first: Reading, last: Reading): Map<string, number> =>
  new Map(
    [...last.seconds].map(([service, seconds]) => [
      service,
      Math.max(0, seconds - (first.seconds.get(service) ?? 0)),
    ]),
  );

const productOf = (used: Map<string, number>): number =>
  [...used].reduce((sum, [service, seconds]) => (service === GENERATOR ? sum : sum + seconds), 0);

function useBetween(first: Reading, last: Reading): CpuUse {
  const used = differenceOf(first, last);
  const seconds = (last.atMs - first.atMs) / 1000;
  return {
    seconds,
    generator_cores: (used.get(GENERATOR) ?? 0) / seconds,
    product_cores: productOf(used) / seconds,
    services: [...used]
      .filter(([service]) => service !== GENERATOR)
      .map(([service, cpu]) => ({ service, cores: cpu / seconds }))
      .sort((one, other) => other.cores - one.cores),
  };
}
