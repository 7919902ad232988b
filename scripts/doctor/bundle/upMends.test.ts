import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import { serviceOf } from '../../audit/inspected.ts';
import { composeArgv, docker, mustDocker } from '../../bundle/compose.ts';
import type { DoctorContext } from '../doctorCheck.ts';
import { issuesOf } from '../test/contextOf.ts';
import { compose, context, dir, root, skipped, stack, whatOf } from '../test/liveBundle.ts';

const TIMEOUT_MS = 600_000;
const IMAGE = `origin-stack/exporters:doctor-${process.pid}`;
const LOOK = { deadlineMs: 60_000, pollMs: 250 };

/** The same host, whose kernel does this with the memory of a process that crashes. */
const dumping = (given: DoctorContext, pattern: string): DoctorContext => ({
  ...given,
  host: {
    ...given.host,
    read: (path) =>
      path === '/proc/sys/kernel/core_pattern' ? Promise.resolve(`${pattern}\n`) : given.host.read(path),
  },
});

/** Runs a container as one of the bundle's that the Compose file had once. */
async function runFormer(service: string, ...args: string[]): Promise<void> {
  const { settings } = await context();
  const labels = {
    project: settings?.COMPOSE_PROJECT_NAME,
    service,
    oneoff: 'False',
    'config-hash': 'former',
    'container-number': '1',
  };
  await mustDocker([
    ...['run', '--detach', '--network', 'none', '--name', `${settings?.COMPOSE_PROJECT_NAME}-${service}-1`],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]),
    ...args,
  ]);
}

describe.skipIf(!root)(`what ./stack up mends of what the doctor finds${skipped}`, () => {
  let undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  }, TIMEOUT_MS);

  /** Makes a service anew from an image of other sources, with a limit that lets its memory be dumped. */
  async function replace(service: string): Promise<void> {
    const { settings } = await context();
    const folder = await mkdtemp(join(tmpdir(), 'origin-stack-doctor-'));
    undo.push(
      () => docker(['image', 'rm', '--force', IMAGE]),
      () => rm(folder, { recursive: true }),
    );
    const label = 'LABEL org.origin-stack.inputs=another';
    await mustDocker(['commit', '--change', label, `${settings?.COMPOSE_PROJECT_NAME}-${service}-1`, IMAGE]);
    const file = join(folder, 'other.yml');
    const other = { image: IMAGE, ulimits: { core: 1_000_000 } };
    await writeFile(file, JSON.stringify({ services: { [service]: other } }));
    await mustDocker([...composeArgv(dir, '--file', file), 'up', '--detach', '--no-deps', service]);
  }

  it(
    'containers, drift, image-versions and core-dumps find what ended, loops, is former or of other sources',
    async () => {
      // Other work on this checkout may be newer than the images of API and worker.
      expect((await whatOf('image-versions')).join()).not.toContain('node-exporter');
      expect(await whatOf('core-dumps', dumping(await context(), 'core'))).toEqual([]);
      let isMended = false;
      undo.push(async () => isMended || (await stack('up')));
      await compose('stop', 'blackbox-exporter');
      await replace('node-exporter');
      await runFormer('former-loop', '--restart', 'always', '--entrypoint', 'false', IMAGE);
      const fifth = 'echo >> /tmp/starts; [ $(wc -l < /tmp/starts) -gt 5 ] && exec sleep 600; exit 1';
      await runFormer('former-lame', '--restart', 'always', '--entrypoint', 'sh', IMAGE, '-c', fifth);
      const ill = ['--health-cmd', 'false', '--health-retries', '1'].concat(
        ['interval', 'start-period', 'timeout'].flatMap((name) => [`--health-${name}`, '1s']),
      );
      await runFormer('former-ill', ...ill, '--entrypoint', 'sleep', IMAGE, '600');

      await eventually(async () => {
        const found = await issuesOf('containers', await context());
        const words = found.map(({ severity, what, fix }) => `${severity}: ${what}; ${fix}`).sort();
        expect(words).toEqual([
          expect.stringMatching(/^error: blackbox-exporter is exited.*; \.\/stack up/),
          'error: former-ill is unhealthy; ./stack logs former-ill',
          expect.stringMatching(/^error: former-loop ends and is started again, \d+ times/),
          'warning: former-lame was started again 5 times; ./stack logs former-lame',
        ]);
      }, LOOK);
      const drift = await issuesOf('drift', await context());
      expect(drift.map(({ what, fix }) => `${what}; ${fix}`)).toEqual(
        expect.arrayContaining([
          'blackbox-exporter: it is exited, not running; ./stack up',
          'node-exporter: it was made with other settings than are declared now; ./stack up',
          expect.stringMatching(/^former-ill: no such service is declared.*; \.\/stack up$/),
        ]),
      );
      const [version] = await issuesOf('image-versions', await context());
      expect(version?.what).toMatch(/^built from other sources than this checkout: .*node-exporter/);
      expect(version?.fix).toBe('./stack up');
      expect(await compose('exec', '-T', 'node-exporter', 'sh', '-c', 'ulimit -H -c')).not.toBe('0\n');
      const [core] = await issuesOf('core-dumps', dumping(await context(), 'core'));
      expect(core?.what).toMatch(/^memory of .*node-exporter.* may be dumped \(core_pattern is "core"\)$/);
      expect(core?.what).not.toContain('vault');
      expect(core?.fix).toBe('./stack up');

      const up = await stack('up');
      expect(up.code, up.stderr).toBe(0);
      isMended = true;
      expect(await whatOf('containers')).toEqual([]);
      expect(await whatOf('drift')).toEqual([]);
      expect((await whatOf('image-versions')).join()).not.toContain('node-exporter');
      expect(await whatOf('core-dumps', dumping(await context(), 'core'))).toEqual([]);
      expect(await compose('exec', '-T', 'node-exporter', 'sh', '-c', 'ulimit -H -c')).toBe('0\n');
    },
    TIMEOUT_MS,
  );

  it('core-dumps knows that a program gets the memory whatever the limit, until the kernel asks one that keeps nothing', async () => {
    const given = await context();
    const [found] = await issuesOf('core-dumps', dumping(given, '|/usr/share/apport/apport -p%p'));
    expect(found?.what).toContain('handed to a program, whatever its limit');
    const [, mended = ''] = /^sysctl -w kernel\.core_pattern='(.+)'$/.exec(found?.fix ?? '') ?? [];
    expect(await whatOf('core-dumps', dumping(given, mended))).toEqual([]);
    const heeding = '|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h';
    expect(await whatOf('core-dumps', dumping(given, heeding))).toEqual([]);
  });

  it('image-versions names every service whose image is of other sources', async () => {
    const given = await context();
    const containers = structuredClone(given.containers);
    for (const { Config } of containers) Config.Labels = { ...Config.Labels, 'org.origin-stack.inputs': 'x' };
    const running = given.containers.filter(({ State }) => State.Running).map(serviceOf);
    const [found = ''] = await whatOf('image-versions', { ...given, containers });
    expect(found.split(': ')[1]?.split(', ')).toEqual(running);
  });
});
