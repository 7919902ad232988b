import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServerProcess } from '@origin-stack/core/infra/embedded/serverProcess';
import { eventually } from '@origin-stack/testkit/eventually';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepRunning } from './keepRunning.ts';
import { nextRestartDelay, type RestartPolicy } from './restartPolicy.ts';
import type { RunningService, Service } from './service.ts';

const policy: RestartPolicy = { firstDelayMs: 5, maxDelayMs: 20, maxFailures: 3, stableAfterMs: 60_000 };
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-keep-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A real process for each start, from a shell line. */
function shellService(line: string, starts: RunningService[]): Service {
  return {
    name: 'shell',
    stopSignal: 'SIGTERM',
    start: async () => {
      const logFile = join(dir, 'shell.log');
      const server = { name: 'shell', command: '/bin/sh', args: ['-c', line], logFile, identity: null };
      const process = await startServerProcess(server);
      const running = {
        pid: process.pid,
        port: null,
        exited: process.exited,
        stop: () => process.stop('SIGTERM'),
      };
      starts.push(running);
      return running;
    },
  };
}

function options(messages: string[] = [], signal = new AbortController().signal) {
  const onChange = async () => undefined;
  return { policy, signal, onChange, report: (message: string) => messages.push(message) };
}

describe('keepRunning', () => {
  it('gives a service up after too many failures in a row, and says which', async () => {
    const starts: RunningService[] = [];
    const messages: string[] = [];
    const kept = await keepRunning(shellService('exit 1', starts), options(messages));
    await expect(kept.gaveUp).rejects.toThrow('shell failed 4 times in a row: giving up');
    expect(starts).toHaveLength(4);
    expect(messages.filter((message) => message.includes('ended unexpectedly'))).toHaveLength(3);
    await kept.stop();
  });

  it('counts from the beginning again after a time of quiet', async () => {
    const starts: RunningService[] = [];
    const messages: string[] = [];
    const quick = { ...options(messages), policy: { ...policy, stableAfterMs: 1 } };
    const kept = await keepRunning(shellService('sleep 0.01; exit 1', starts), quick);
    await eventually(() => starts.length >= policy.maxFailures + 3);
    await kept.stop();
    expect(messages.filter((message) => message.includes('ended unexpectedly')).at(-1)).toContain('in 5 ms');
  });

  it('does not start again what it was told to stop, not even during the delay before a restart', async () => {
    const starts: RunningService[] = [];
    const slow = { ...options(), policy: { ...policy, firstDelayMs: 60_000, maxDelayMs: 60_000 } };
    const kept = await keepRunning(shellService('exit 1', starts), slow);
    await starts[0]!.exited;
    await kept.stop();
    expect(starts).toHaveLength(1);
  });

  it('kills at the deadline what ignores the wish to stop', async () => {
    const logFile = join(dir, 'deaf.log');
    const args = ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'];
    const deaf = await startServerProcess({
      name: 'deaf',
      command: '/bin/sh',
      args,
      logFile,
      identity: null,
    });
    await deaf.stop('SIGTERM', 50);
    expect(await deaf.exited).toBe(-1);
  });
});

describe('nextRestartDelay', () => {
  it('doubles, never exceeds the maximum, and ends after the allowed failures', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (failures) => {
        const delayMs = nextRestartDelay(policy, failures);
        if (failures > policy.maxFailures) return delayMs === undefined;
        return delayMs === Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
      }),
    );
    expect([1, 2, 3, 4].map((failures) => nextRestartDelay(policy, failures))).toEqual([
      5,
      10,
      20,
      undefined,
    ]);
  });
});
