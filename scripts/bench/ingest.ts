import { ingestLoad } from './ingestLoad.ts';
import { type Bench, type BenchPart, type Figure, mebibytes, ms, perSecond, times } from './part.ts';
import { spread } from './percentile.ts';
import { plainSqlRate } from './plainSql.ts';
import { familyCpuSeconds, familyMemoryBytes } from './processCpu.ts';
import { signatureCostMs } from './signatureCost.ts';

const CONNECTIONS = 16;
const DURATION_MS = 30_000;
// Long enough for PostgreSQL to have statistics of what was empty (`autovacuum_naptime`), after which it plans anew.
const WARM_UP_MS = 25_000;
const P95_BOUND_MS = 300;
const CPU_BOUND_MS = 4;

const read = (bench: Bench, of: (pid: number) => number) =>
  Object.fromEntries(Object.entries(bench.pids).map(([name, pid]) => [name, of(pid)]));

/** Ingest over HTTP in the embedded setup, certificate and ledger on. */
export const ingest: BenchPart = {
  name: 'ingest',
  title: `Ingest, ${CONNECTIONS} connections for ${DURATION_MS / 1000} s, after ${WARM_UP_MS / 1000} s of warm-up`,
  async run(bench) {
    const load = { url: bench.url, apiKey: bench.apiKey, connections: CONNECTIONS };
    const restBytes = read(bench, familyMemoryBytes);
    bench.step.update('warming up');
    await ingestLoad({ ...load, durationMs: WARM_UP_MS });
    bench.step.update('under load');
    const before = read(bench, familyCpuSeconds);
    const result = await ingestLoad({ ...load, durationMs: DURATION_MS });
    const after = read(bench, familyCpuSeconds);
    const loadBytes = read(bench, familyMemoryBytes);
    const failed = Object.values(result.failures).reduce((sum, count) => sum + count, 0);
    const { count, p50, p95, p99 } = spread(result.latenciesMs);
    const rate = count / (result.durationMs / 1000);
    const cpuMs = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) * 1000) / count;
    const names = Object.keys(bench.pids);
    const allMs = names.reduce((sum, name) => sum + cpuMs(name), 0);
    bench.step.update('one signature');
    const signatureMs = signatureCostMs();
    const restMs = allMs - signatureMs;
    bench.step.update('the same SQL by plain pg');
    const plain = await plainSqlRate(bench);
    const figures: Figure[] = [
      { what: 'rate', value: perSecond(rate) },
      { what: 'P50', value: ms(p50) },
      { what: 'P95', value: ms(p95), bound: `< ${P95_BOUND_MS} ms`, met: p95 < P95_BOUND_MS },
      { what: 'P99', value: ms(p99) },
      { what: 'failed', value: `${failed} of ${count + failed}`, bound: '0', met: failed === 0 },
      { what: 'CPU of one ingest, all processes', value: ms(allMs) },
      ...names.map((name) => ({ what: `… of that ${name}`, value: ms(cpuMs(name)) })),
      {
        what: '… of that one RSA-3072 signature, measured alone',
        value: `${ms(signatureMs)} (${Math.round((signatureMs / allMs) * 100)} %)`,
      },
      {
        what: 'everything but the signature',
        value: ms(restMs),
        bound: `≤ ${CPU_BOUND_MS} ms`,
        met: restMs <= CPU_BOUND_MS,
      },
      {
        what: `the same SQL by plain pg, ${CONNECTIONS} connections, one transaction each`,
        value: perSecond(plain),
      },
      { what: 'ingest to that', value: times(rate / plain) },
    ];
    for (const name of names) {
      figures.push({
        what: `memory of ${name} at rest, after the run`,
        value: `${mebibytes(restBytes[name] ?? 0)}, ${mebibytes(loadBytes[name] ?? 0)}`,
      });
    }
    return figures;
  },
};
