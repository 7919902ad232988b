import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadModels } from './loadModels.ts';

const SHIPPED = fileURLToPath(new URL('../../models', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  await cp(SHIPPED, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

it('loads the shipped models, one of each kind at least, and finds them by kind and version', async () => {
  const registry = await loadModels();
  for (const kind of ['risk', 'anomaly'] as const) {
    const model = registry.all.find((one) => one.kind === kind)!;
    expect(registry.find(kind, model.version)).toBe(model);
  }
  expect(registry.find('risk', 'risk-0000.1.1')).toBeUndefined();
});

it('says which file is missing', async () => {
  await rm(join(folder, 'anomaly.json'));
  await expect(loadModels(folder)).rejects.toThrow(
    `no anomaly model: ${join(folder, 'anomaly.json')} is missing`,
  );
});

it('says which folder cannot be read', async () => {
  await expect(loadModels(join(folder, 'none'))).rejects.toThrow(/folder .*none cannot be read: ENOENT/);
});

it('says which file is no model, and does not start with the others', async () => {
  await writeFile(join(folder, 'risk-2.json'), '{"v":1}');
  await expect(loadModels(folder)).rejects.toThrow(/risk-2\.json is refused/);
});

it('refuses a model of the wrong kind, and two of one name', async () => {
  const risk = await readFile(join(folder, 'risk.json'));
  await writeFile(join(folder, 'anomaly.json'), risk);
  await expect(loadModels(folder)).rejects.toThrow(/anomaly\.json is refused/);
  await cp(SHIPPED, folder, { recursive: true });
  await writeFile(join(folder, 'risk-copy.json'), risk);
  await expect(loadModels(folder)).rejects.toThrow(/two models/);
});
