import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaultSeed, trainModels } from './trainModel.ts';

const trainedAt = '2026-11-22T00:00:00.000000Z';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'train-model-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('trainModels writes the artifacts of the repository again', async () => {
  const outDir = join(await temporaryFolder(), 'made', 'here');
  const trained = await trainModels({ seed: defaultSeed, outDir, trainedAt });
  expect(trained.map(({ version }) => version)).toEqual(['risk-2026.11.1', 'anomaly-2026.11.1']);
  for (const { kind, path } of trained) {
    const committed = await readFile(new URL(`../packages/core/models/${kind}.json`, import.meta.url));
    expect((await readFile(path)).equals(committed)).toBe(true);
  }
});

test('trainModels makes only the kinds that it is asked for and leaves no other file', async () => {
  const outDir = await temporaryFolder();
  await trainModels({ seed: 1, outDir, trainedAt, kinds: ['risk'], release: 3 });
  expect(await readdir(outDir)).toEqual(['risk.json']);
});
