import type { ModelKind } from '@origin-stack/contract/models';
import type { LoadedModel } from './loadModel.ts';

/** The models that this process loaded, by kind and version. */
export interface ModelRegistry {
  all: readonly LoadedModel[];
  find(kind: ModelKind, version: string): LoadedModel | undefined;
}

/** Throws where two models have one kind and version. */
export function createModelRegistry(models: LoadedModel[]): ModelRegistry {
  const byName = new Map<string, LoadedModel>();
  for (const model of models) {
    const name = `${model.kind}/${model.version}`;
    if (byName.has(name)) throw new Error(`two models are called ${name}`);
    byName.set(name, model);
  }
  return { all: models, find: (kind, version) => byName.get(`${kind}/${version}`) };
}
