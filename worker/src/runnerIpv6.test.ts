import { networkInterfaces } from 'node:os';
import { startProxy } from '@origin-stack/core/testing/startProxy';
import { eventually } from '@origin-stack/testkit/eventually';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { expect, test } from 'vitest';
import { noteAndFinish, openRunnerBed, probeTask } from './test/openRunnerBed.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .some(({ address }) => address === '::1');

test.skipIf(!hasIpv6)('the runner works through a Redis at an IPv6 address', async () => {
  const bed = await openRunnerBed();
  const proxy = await startProxy(await testRedisUrl(), '::1');
  const task = probeTask((context, packId) => noteAndFinish(context, packId, 'done'));
  const runner = await bed.startRunner(proxy.url, task);
  const ids = await bed.add(3);
  await eventually(async () => expect(await bed.effects(ids)).toEqual(ids.toSorted()), {
    deadlineMs: 20_000,
  });
  await runner.stop();
  await proxy.stop();
  await bed.close();
});
