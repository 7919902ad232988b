import type { ModelRegistry } from '@origin-stack/core/domain/models/modelRegistry';

/** The newest version of each kind, by the order of their names. */
export function newestModels(models: ModelRegistry): { risk: string; anomaly: string } {
  const newest = (kind: 'risk' | 'anomaly') => {
    const versions = models.all.filter((model) => model.kind === kind).map((model) => model.version);
    const last = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    if (last === undefined) throw new Error(`no ${kind} model is loaded`);
    return last;
  };
  return { risk: newest('risk'), anomaly: newest('anomaly') };
}
