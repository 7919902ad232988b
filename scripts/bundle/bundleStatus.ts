import type { CommandResult } from '../lib/command.ts';
import { publicAddress } from './bundleClient.ts';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import { containerTable, isWell, listContainers } from './containers.ts';
import { publicFetch } from './publicClient.ts';

/** The containers as they are, and whether the public listener says that it is ready. */
export async function bundleStatus(dir: BundleDir): Promise<CommandResult> {
  const settings = await requireBundle(dir);
  const containers = await listContainers(dir);
  if (containers.length === 0) {
    return { data: { running: false, containers: [] }, text: 'nothing runs here; start it: ./stack up' };
  }
  const ready = await isReady(publicAddress(dir, settings));
  const well = containers.filter(isWell).length;
  const head = `${settings.ORIGIN_PUBLIC_URL} is ${ready ? 'ready' : 'NOT ready'}; ${well} of ${containers.length} containers are well`;
  return {
    data: {
      running: true,
      ready,
      url: settings.ORIGIN_PUBLIC_URL,
      containers: containers.map((one) => ({ ...one })),
    },
    text: [head, '', ...containerTable(containers)].join('\n'),
    exitCode: ready && well === containers.length ? 0 : 1,
  };
}

/** Whether the public listener says that requests can be answered. */
export async function isReady(address: ReturnType<typeof publicAddress>): Promise<boolean> {
  try {
    const reply = await publicFetch(address)(`${address.url}/ready`, { signal: AbortSignal.timeout(5_000) });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    return false;
  }
}
