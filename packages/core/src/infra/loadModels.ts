import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODEL_KINDS } from '@origin-stack/contract/models';
import { loadModel } from '../domain/models/loadModel.ts';
import { createModelRegistry, type ModelRegistry } from '../domain/models/modelRegistry.ts';

const SHIPPED = fileURLToPath(new URL('../../models', import.meta.url));

/**
 * Loads every `risk*.json` and `anomaly*.json` of a folder. Throws where a kind has none, and where a file is not
 * a model, with the file's name.
 */
export async function loadModels(folder: string = SHIPPED): Promise<ModelRegistry> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`the models' folder ${folder} cannot be read: ${error.code}`);
  });
  const models = [];
  for (const kind of MODEL_KINDS) {
    const files = names.filter((name) => name.startsWith(kind) && name.endsWith('.json')).sort();
    if (files.length === 0) throw new Error(`no ${kind} model: ${join(folder, `${kind}.json`)} is missing`);
    for (const file of files) {
      const bytes = await readFile(join(folder, file));
      try {
        models.push(loadModel(bytes, kind));
      } catch (error) {
        throw new Error(`the model ${join(folder, file)} is refused: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  }
  return createModelRegistry(models);
}
