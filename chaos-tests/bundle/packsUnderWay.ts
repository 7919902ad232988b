import type { RequestedPack } from '../workloads/requestPacks.ts';
import { until } from './until.ts';

/** Those of these packs that were accepted and are not made yet, as the API says. */
async function underWay(packs: readonly RequestedPack[]): Promise<RequestedPack[]> {
  const shown = await Promise.all(packs.map(({ id, attempt }) => attempt.tenant.client.getEvidencePack(id)));
  return packs.filter((_, index) => shown[index]?.status === 'pending');
}

interface Fault {
  inject(): Promise<string>;
  deadlineMs: number;
  signal: AbortSignal;
}

/**
 * Injects a fault that ends the making of packs, as soon as one of `accepted`, which grows meanwhile, is under way. Throws where
 * none comes. What was accepted before the fault and is not made after it was met: where nothing was, the violation says so.
 */
export async function meetPacks(
  accepted: readonly RequestedPack[],
  { inject, deadlineMs, signal }: Fault,
): Promise<{ fault: string; violations: string[] }> {
  const isUnderWay = async () => (await underWay(accepted)).length > 0;
  await until(isUnderWay, { what: 'a pack of this run is under way before the fault', deadlineMs, signal });
  const before = [...accepted];
  const what = await inject();
  const met = await underWay(before);
  return {
    fault: `${what}, with ${met.length} of ${before.length} packs under way`,
    violations:
      met.length > 0 ? [] : [`the fault met none of ${before.length} packs: all were made before it`],
  };
}
