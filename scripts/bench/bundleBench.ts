import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { bundleKey } from '../bundle/bundleClient.ts';
import { type BundleDir, locateBundle } from '../bundle/bundleDir.ts';
import { mustDocker } from '../bundle/compose.ts';
import { listContainers } from '../bundle/containers.ts';
import { upBundle } from '../bundle/upBundle.ts';
import { type BuiltImage, buildImages } from '../images/buildImages.ts';
import { bundleImages } from '../images/lookAtImages.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import type { Progress, Step } from '../lib/progress.ts';
import { embeddedBench } from './embeddedBench.ts';
import { ingestLoad, type LoadResult } from './ingestLoad.ts';
import { type BenchPart, type Figure, mebibytes, ms, perSecond, times } from './part.ts';
import { spread } from './percentile.ts';
import { removeMeasured } from './removeMeasured.ts';
import type { BenchResult } from './report.ts';
import { rotationFigures } from './rotationBench.ts';

const CONNECTIONS = 16;
const DURATION_MS = 30_000;
const WARM_UP_MS = 25_000;
/** After the self-check, until the containers' memory says something of rest. */
const REST_MS = 20_000;
const UP_BOUND_SECONDS = 60;
const MEMORY_BOUND_BYTES = 1.5 * 1_073_741_824;
const IMAGES_BOUND_BYTES = 1.2e9;

interface Context {
  progress: Progress;
  signal: AbortSignal;
  /** Builds every image anew in the end, which takes some twenty minutes. */
  fresh: boolean;
}

/** Measures a bundle of its own, which is gone afterwards, and the embedded default beside it. */
export async function bundleBench({ progress, signal, fresh }: Context): Promise<BenchResult[]> {
  let images = await buildImages({ progress, signal });
  const dir = locateBundle(join(CHECKOUT, '.stack', 'bench-bundle'));
  const results: BenchResult[] = [];
  let bundleLoad: LoadResult;
  try {
    const port = await freePort();
    const choices = {
      url: `https://localhost:${port}`,
      httpPort: await freePort(),
      project: 'origin-bench',
      subnet: '10.213.254',
    };
    const beganMs = performance.now();
    await upBundle(dir, choices, { progress, signal });
    const seconds = (performance.now() - beganMs) / 1000;
    const resting = progress.step('memory at rest');
    await sleep(REST_MS, undefined, { signal });
    const memory = await memoryFigures(dir);
    resting.done();
    const start: Figure = {
      what: './stack up on built images to healthy and self-checked',
      value: `${seconds.toFixed(1)} s`,
      bound: `≤ ${UP_BOUND_SECONDS} s`,
      met: seconds <= UP_BOUND_SECONDS,
    };
    results.push({ name: 'rest', title: 'Start, and memory at rest', figures: [start, ...memory] });
    const step = progress.step('ingest through nginx with TLS');
    bundleLoad = await loadBundle(dir, { url: choices.url, step, signal });
    step.done();
    results.push({
      name: 'rotation',
      title: 'Rotation of the service keys',
      figures: await rotationFigures(dir, { progress, signal }),
    });
  } finally {
    await removeMeasured(dir);
  }
  const embedded: { load?: LoadResult } = {};
  await embeddedBench([embeddedLoad(embedded)], { progress, signal });
  results.push({ name: 'ingest', title: 'Ingest', figures: ingestFigures(bundleLoad, embedded.load) });
  let buildSeconds: number | undefined;
  if (fresh) {
    // Last: what a long work leaves of a host is not what the others are to be measured on.
    const beforeBuildMs = performance.now();
    images = await buildImages({ progress, signal, fresh });
    buildSeconds = (performance.now() - beforeBuildMs) / 1000;
  }
  results.push({ name: 'images', title: 'Images', figures: imageFigures(images, buildSeconds) });
  return results;
}

function imageFigures(images: BuiltImage[], buildSeconds: number | undefined): Figure[] {
  const megabytesOf = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const running = images.filter(({ name }) => bundleImages().includes(name));
  const base = Math.max(
    ...running.map(({ sizeBytes, ownBytes }) => sizeBytes - ownBytes).filter((size) => size < 1.2e8),
  );
  // What only builds others is on no host that runs a bundle which it did not build.
  const all = running.reduce((sum, { ownBytes }) => sum + ownBytes, base);
  const build = buildSeconds && [
    {
      what: 'every image anew, two at once (package caches as they were)',
      value: `${(buildSeconds / 60).toFixed(1)} min`,
    },
  ];
  return [
    ...(build || []),
    ...images.map(({ name, sizeBytes, ownBytes, seconds }) => ({
      what: `${name}, its own layers`,
      value: `${megabytesOf(sizeBytes)}, ${megabytesOf(ownBytes)}${seconds > 0 ? `, built in ${seconds} s` : ''}`,
    })),
    {
      what: 'unique layers of all that run',
      value: megabytesOf(all),
      bound: `≤ ${megabytesOf(IMAGES_BOUND_BYTES)}`,
      met: all <= IMAGES_BOUND_BYTES,
    },
  ];
}

async function memoryFigures(dir: BundleDir): Promise<Figure[]> {
  const containers = (await listContainers(dir)).filter(({ state }) => state === 'running');
  const format = '{{.Name}} {{.MemUsage}}';
  const text = await mustDocker([
    'stats',
    '--no-stream',
    '--format',
    format,
    ...containers.map(({ name }) => name),
  ]);
  const used = text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', amount = ''] = line.split(' ');
      return {
        service: containers.find((one) => one.name === name)?.service ?? name,
        bytes: bytesOf(amount),
      };
    });
  const all = used.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...used.map(({ service, bytes }) => ({ what: `memory of ${service}`, value: mebibytes(bytes) })),
    {
      what: 'memory of all',
      value: mebibytes(all),
      bound: `≤ ${mebibytes(MEMORY_BOUND_BYTES)}`,
      met: all <= MEMORY_BOUND_BYTES,
    },
  ];
}

const UNITS: Record<string, number> = { B: 1, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 };

function bytesOf(amount: string): number {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]+)$/.exec(amount) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error(`docker stats says ${amount}`);
  return Number(number) * factor;
}

async function loadBundle(
  dir: BundleDir,
  { url, step, signal }: { url: string; step: Step; signal: AbortSignal },
): Promise<LoadResult> {
  const apiKey = await bundleKey(dir, 'bench', signal);
  const ca = await readFile(join(dir.secrets, 'operator', 'public.crt'), 'utf8');
  const load = { url, apiKey, ca, connections: CONNECTIONS };
  step.update('warming up');
  await ingestLoad({ ...load, durationMs: WARM_UP_MS });
  step.update('under load');
  return await ingestLoad({ ...load, durationMs: DURATION_MS });
}

/** The same load on the embedded default. */
const embeddedLoad = (into: { load?: LoadResult }): BenchPart => ({
  name: 'embedded',
  title: 'the same load on the embedded default',
  async run({ url, apiKey, step }) {
    const load = { url, apiKey, connections: CONNECTIONS };
    step.update('warming up');
    await ingestLoad({ ...load, durationMs: WARM_UP_MS });
    step.update('under load');
    into.load = await ingestLoad({ ...load, durationMs: DURATION_MS });
    return [];
  },
});

function ingestFigures(bundle: LoadResult, embedded: LoadResult | undefined): Figure[] {
  const rateOf = ({ latenciesMs, durationMs }: LoadResult) => latenciesMs.length / (durationMs / 1000);
  const { count, p50, p95, p99 } = spread(bundle.latenciesMs);
  const failed = Object.values(bundle.failures).reduce((sum, number) => sum + number, 0);
  const figures: Figure[] = [
    {
      what: `rate, ${CONNECTIONS} connections for ${DURATION_MS / 1000} s through nginx with TLS`,
      value: perSecond(rateOf(bundle)),
    },
    { what: 'P50', value: ms(p50) },
    { what: 'P95', value: ms(p95) },
    { what: 'P99', value: ms(p99) },
    { what: 'failed', value: `${failed} of ${count + failed}`, bound: '0', met: failed === 0 },
  ];
  if (!embedded) return figures;
  const plain = spread(embedded.latenciesMs);
  return [
    ...figures,
    { what: 'embedded default in the same run, rate', value: perSecond(rateOf(embedded)) },
    { what: 'embedded default, P95', value: ms(plain.p95) },
    { what: 'bundle to embedded, rate', value: times(rateOf(bundle) / rateOf(embedded)) },
    { what: 'bundle to embedded, P95', value: times(p95 / plain.p95) },
  ];
}
