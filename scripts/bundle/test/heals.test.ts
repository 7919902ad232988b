import { kill } from 'node:process';
import { eventually } from '@origin-stack/testkit/eventually';
import { expect, test } from 'vitest';
import { bundleKey } from '../bundleClient.ts';
import { mustDocker } from '../compose.ts';
import { inspectService, logOf } from './containerFaults.ts';
import { openProbe } from './openProbe.ts';
import { publicLoad } from './publicLoad.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const REPLACED_WITHIN_MS = 30_000;
const HEALTHY_WITHIN_MS = 60_000;

/** The process of Node in a container, as the host numbers it. */
async function nodeIn(container: string): Promise<number> {
  const table = await mustDocker(['top', container, '-eo', 'pid,comm']);
  const line = table.split('\n').find((row) => /\snode$|\sMainThread$/.test(row.trimEnd()));
  const pid = Number(line?.trim().split(/\s+/)[0]);
  if (!pid) throw new Error(`no node in ${table}`);
  return pid;
}

const stop = async (_bundle: TheBundle, _container: string, pid: number) => void kill(pid, 'SIGSTOP');

/** By the inspector, which Node opens on this signal in the container's own network. */
async function block(bundle: TheBundle, container: string, pid: number): Promise<void> {
  await using probe = await openProbe(bundle, `container:${container}`);
  kill(pid, 'SIGUSR1');
  await probe.run('blockEventLoop', undefined);
}

test.each([
  ['is stopped', stop],
  ['has a blocked event loop', block],
])('a replica that %s is replaced within 30 s, and callers are served meanwhile', async (_, hang) => {
  const bundle = await theBundle();
  const apiKey = await bundleKey(bundle.dir, 'heals', new AbortController().signal);
  const { name } = await inspectService(bundle, 'api-a');
  const hanging = await nodeIn(name);
  const answered = await publicLoad(bundle, apiKey, async () => {
    await hang(bundle, name, hanging);
    await eventually(async () => expect(await nodeIn(name)).not.toBe(hanging), {
      deadlineMs: REPLACED_WITHIN_MS,
    });
    await eventually(async () => expect((await inspectService(bundle, 'api-a')).health).toBe('healthy'), {
      deadlineMs: HEALTHY_WITHIN_MS,
    });
  });
  expect(answered.failures).toEqual({});
  expect(await logOf(bundle, 'api-a')).toMatch(/"service":"watchdog"/);
});
