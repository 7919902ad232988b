import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_KINDS, type ModelKind } from '@origin-stack/contract/models';
import { loadModel } from '@origin-stack/core/domain/models/loadModel';
import { trainModel } from '@origin-stack/core/domain/models/training/trainModel';

/** The seed of the artifacts that the repository holds. */
export const defaultSeed = 20261122;

export type TrainModelsInput = {
  seed: number;
  outDir: string;
  /** RFC 3339 in UTC with six fractional digits: it is written into the artifact and names its version. */
  trainedAt: string;
  kinds?: readonly ModelKind[];
  /** Counts the models of one month, from 1. */
  release?: number;
};

export type TrainedModel = {
  kind: ModelKind;
  version: string;
  sha256: string;
  path: string;
  sizeBytes: number;
};

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
    await writeFile(`${path}.new`, bytes, { flush: true });
    await rename(`${path}.new`, path);
    trained.push({ kind, version, sha256, path, sizeBytes: bytes.length });
  }
  return trained;
}
