import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODEL_KINDS, type ModelKind } from '@origin-stack/contract/models';
import { loadModel } from '@origin-stack/core/domain/models/loadModel';
import { trainModel } from '@origin-stack/core/domain/models/training/trainModel';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';

/** The seed of the artifacts that the repository holds. */
export const defaultSeed = 20261122;

const defaultOutDir = fileURLToPath(new URL('../.stack/models', import.meta.url));

export type TrainModelsInput = {
  seed: number;
  outDir: string;
  /** RFC 3339 in UTC with six fractional digits: it is written into the artifact and names its version. */
  trainedAt: string;
  kinds?: readonly ModelKind[];
  /** Counts the models of one month, from 1. */
  release?: number;
};

export type TrainedModel = { kind: ModelKind; version: string; sha256: string; path: string };

/**
 * Trains each kind of model and writes `<kind>.json` into `outDir`, replacing what is there at once or not at all.
 * The same seed, time and release give the same bytes.
 */
export async function trainModels(input: TrainModelsInput): Promise<TrainedModel[]> {
  const { seed, outDir, trainedAt, kinds = MODEL_KINDS, release = 1 } = input;
  await mkdir(outDir, { recursive: true });
  const trained: TrainedModel[] = [];
  for (const kind of kinds) {
    const bytes = trainModel({ kind, seed, trainedAt, release });
    const { version, sha256 } = loadModel(bytes, kind);
    const path = join(outDir, `${kind}.json`);
    await writeFileAtomically(path, bytes, { mode: 0o644 });
    trained.push({ kind, version, sha256, path });
  }
  return trained;
}

export const command = defineCommand({
  name: 'train-model',
  summary: 'Train the risk and anomaly models, reproducibly from a seed',
  examples: ['./stack train-model', './stack train-model --kind risk --seed 7 --out models'],
  details:
    'The training data are synthetic: packages/core/models/README.md says what they assume.\n' +
    'The same seed, time and release give the same bytes.',
  flags: {
    kind: { type: 'string', placeholder: 'KIND', default: 'all', summary: 'risk, anomaly or all' },
    seed: {
      type: 'integer',
      placeholder: 'N',
      default: defaultSeed,
      min: 0,
      max: 0xffffffff,
      summary: 'the seed',
    },
    out: {
      type: 'string',
      placeholder: 'DIR',
      summary: 'where the artifacts are written; .stack/models by default',
    },
    'trained-at': { type: 'string', placeholder: 'TIME', summary: 'the time to write down; now by default' },
    release: {
      type: 'integer',
      placeholder: 'N',
      default: 1,
      min: 1,
      max: 9999,
      summary: 'the number of this model in its month',
    },
  },
  plan: async ({ flags }) => {
    const outDir = resolve(flags.out ?? defaultOutDir);
    timeOf(flags['trained-at']);
    return {
      summary: `train with seed ${flags.seed}`,
      steps: kindsOf(flags.kind).map((kind) => ({
        action: `train the ${kind} model and write ${join(outDir, `${kind}.json`)}`,
        kind,
        seed: flags.seed,
      })),
    };
  },
  run: async ({ flags, progress }) => {
    const kinds = kindsOf(flags.kind);
    const trainedAt = timeOf(flags['trained-at']);
    const step = progress.step(`training ${kinds.join(' and ')}`);
    const outDir = resolve(flags.out ?? defaultOutDir);
    const models = await trainModels({ seed: flags.seed, outDir, trainedAt, kinds, release: flags.release });
    step.done();
    return {
      data: { models },
      text: models.map(({ version, sha256, path }) => `${version}  ${sha256}  ${path}`).join('\n'),
    };
  },
});

function kindsOf(kind: string): ModelKind[] {
  const kinds = MODEL_KINDS.filter((known) => kind === 'all' || kind === known);
  if (kinds.length > 0) return kinds;
  throw new UsageError({
    what: `unknown kind of model: ${kind}`,
    next: './stack train-model --kind risk|anomaly|all',
  });
}

/** A time as artifacts hold it, UTC with microseconds: the given one or now. */
function timeOf(given: string | undefined): string {
  const text = given ?? new Date().toISOString();
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/.exec(text);
  if (!match || Number.isNaN(Date.parse(text))) {
    throw new UsageError({
      what: `not a time: ${text}`,
      why: 'RFC 3339 in UTC is needed',
      next: './stack train-model --trained-at 2026-11-22T00:00:00Z',
    });
  }
  return `${match[1]}.${(match[2] ?? '').padEnd(6, '0')}Z`;
}
