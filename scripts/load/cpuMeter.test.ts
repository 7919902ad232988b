import { describe, expect, it } from 'vitest';
import { accountOf } from './cpuMeter.ts';

const ID = '3f1c'.repeat(16);

describe('the account of a container', () => {
  it('is that of cgroups version 1, in nanoseconds, also where controllers share a folder', () => {
    const alone = accountOf(`4:memory:/docker/${ID}\n2:cpuacct:/docker/${ID}\n0::/\n`, ID);
    expect(alone?.file).toBe(`/sys/fs/cgroup/cpuacct/docker/${ID}/cpuacct.usage`);
    expect(alone?.toSeconds('2500000000\n')).toBe(2.5);
    expect(accountOf(`3:cpu,cpuacct:/docker/${ID}\n`, ID)?.file).toBe(
      `/sys/fs/cgroup/cpu,cpuacct/docker/${ID}/cpuacct.usage`,
    );
  });

  it('is that of cgroups version 2, in microseconds', () => {
    const account = accountOf(`0::/system.slice/docker-${ID}.scope\n`, ID);
    expect(account?.file).toBe(`/sys/fs/cgroup/system.slice/docker-${ID}.scope/cpu.stat`);
    expect(account?.toSeconds('usage_usec 1500000\nuser_usec 1000000\n')).toBe(1.5);
  });

  it('is none where the process is not of that container: the engine is on another host', () => {
    expect(accountOf('2:cpuacct:/user.slice\n0::/user.slice/session.scope\n', ID)).toBeUndefined();
    expect(accountOf('', ID)).toBeUndefined();
  });
});
