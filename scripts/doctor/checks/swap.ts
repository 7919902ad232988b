import { defineCheck, megabytes, warning } from '../doctorCheck.ts';
import type { Host } from '../host.ts';
import { memoryOf } from '../memoryOf.ts';

/** Pages of processes that hold keys may be written to swap; memory that is compressed (zram) stays memory. */
export const swap = defineCheck({
  name: 'swap',
  rule: 'memory that holds secrets is not written to a disk',
  needs: 'host',
  async detect({ host }) {
    const total = (await memoryOf(host)).SwapTotal ?? 0;
    const devices = ((await host.read('/proc/swaps')) ?? '').split('\n').slice(1).filter(Boolean);
    const onDisk: string[] = [];
    for (const line of devices) {
      const [name = ''] = line.split(/\s+/);
      if (!(await isSafe(host, name))) onDisk.push(name);
    }
    if (onDisk.length === 0) return [];
    const what = `${megabytes(total)} of swap on ${onDisk.join(', ')}: keys in memory may be written there in clear`;
    return [warning(what, 'swapoff -a, or encrypt it (crypttab(5)): then it is no issue')];
  },
});

/** In memory, or on a device that the kernel encrypts. */
async function isSafe(host: Host, name: string): Promise<boolean> {
  if (name.startsWith('/dev/zram')) return true;
  const [, device] = /\/(dm-\d+)$/.exec(name) ?? [];
  return (
    device !== undefined && (await host.read(`/sys/block/${device}/dm/uuid`))?.startsWith('CRYPT-') === true
  );
}
