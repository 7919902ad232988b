import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runTool } from '../engine/runTool.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { commandList } from '../lib/commandList.ts';

const UNITS = 'etc/systemd/system';
/** What the host does by the clock; beside them it starts the bundle at boot. */
const JOBS = ['audit', 'monitor-tls-certs', 'renew-certs'];
const hasVerify = (await runTool('systemd-analyze', ['--version'])).code === 0;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-service-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const service = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const main = join(CHECKOUT, 'scripts/main.ts');
    execFile(process.execPath, [main, 'service', ...args, '--root', root], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
const read = (path: string) => readFile(join(root, path), 'utf8');

it('installs units where systemd runs, once, and removes them', async () => {
  await mkdir(join(root, 'run/systemd/system'), { recursive: true });
  expect(await service('status')).toMatchObject({ code: 1, stdout: expect.stringContaining('missing') });
  const planned = await service('install', '--dry-run');
  expect(planned.stdout).toContain(`ExecStart=${CHECKOUT}/stack up --compose`);
  await expect(read(`${UNITS}/origin-stack.service`)).rejects.toThrow('ENOENT');

  expect(await service('install')).toMatchObject({ code: 0 });
  expect(await read(`${UNITS}/origin-stack.service`)).toContain(`WorkingDirectory=${CHECKOUT}\n`);
  const link = join(root, UNITS, 'multi-user.target.wants/origin-stack.service');
  expect(await readlink(link)).toBe('../origin-stack.service');
  for (const job of JOBS) {
    expect(await read(`${UNITS}/timers.target.wants/origin-stack-${job}.timer`)).toContain('OnCalendar=');
  }
  expect(await service('status')).toMatchObject({ code: 0 });
  expect((await service('install')).stdout).toBe('nothing to do: it is installed\n');

  await rm(link);
  await writeFile(join(root, UNITS, 'origin-stack.service'), '# Made by ./stack service install, earlier\n');
  expect((await service('status')).stdout).toMatch(
    /^ +differs +\/etc\/systemd\/system\/origin-stack.service$/m,
  );
  expect(JSON.parse((await service('install', '--json')).stdout).written).toHaveLength(2);

  expect(await service('remove')).toMatchObject({ code: 0 });
  await expect(read(`${UNITS}/origin-stack.service`)).rejects.toThrow('ENOENT');
  expect((await service('remove')).stdout).toBe('nothing to do: nothing was installed\n');
});

it('installs a file for cron where there is no systemd', async () => {
  expect(await service('install')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('neither systemd nor cron'),
  });
  await mkdir(join(root, 'etc/cron.d'), { recursive: true });
  expect(await service('install', '--state-dir', '/srv/origin')).toMatchObject({ code: 0 });
  expect(await read('etc/cron.d/origin-stack')).toContain(
    './stack monitor-tls-certs --metrics-file /srv/origin/textfile/certificates.prom --state-dir /srv/origin ',
  );
  const lines = (await read('etc/cron.d/origin-stack')).trimEnd().split('\n');
  const entries = lines.filter((line) => !/^(#|[A-Z]+=)/.test(line));
  expect(entries).toHaveLength(JOBS.length + 1);
  for (const entry of entries) {
    expect(entry).toMatch(new RegExp(`^(@reboot|\\S+ \\S+ \\S+ \\S+ \\S+) root cd ${CHECKOUT} && `));
    expect(entry).toContain(' --state-dir /srv/origin');
    // What follows a percent sign is a command's input in a crontab.
    expect(entry).not.toContain('%');
    const syntax = await runTool('sh', ['-n', '-c', entry.replace(/^.*? root /, '')]);
    expect(syntax, syntax.output).toMatchObject({ code: 0 });
  }
});

it('leaves alone what somebody else wrote', async () => {
  await mkdir(join(root, 'etc/cron.d'), { recursive: true });
  await writeFile(join(root, 'etc/cron.d/origin-stack'), '# mine\n');
  for (const action of ['install', 'remove']) {
    expect(await service(action)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('was not written by'),
    });
  }
  expect(await read('etc/cron.d/origin-stack')).toBe('# mine\n');
});

it('runs only commands that there are', async () => {
  const names = commandList.map(({ name }) => name);
  for (const scheduler of ['systemd', 'cron']) {
    const { stdout } = await service('install', '--dry-run', '--scheduler', scheduler);
    expect(stdout).not.toMatch(/@[A-Z]+@/);
    const typed = [...stdout.matchAll(/\/stack ([a-z-]+)(?= |$)/gm)].map(([, name]) => name);
    expect(typed).toContain('up');
    expect(names).toEqual(expect.arrayContaining(typed.filter((name) => name !== 'service')));
  }
});

it.skipIf(!hasVerify)('writes units that systemd accepts', async () => {
  await service('install', '--scheduler', 'systemd', '--state-dir', '/srv/origin');
  const timed = JOBS.flatMap((job) => [`origin-stack-${job}.service`, `origin-stack-${job}.timer`]);
  const units = ['origin-stack.service', ...timed];
  const paths = units.map((name) => join(root, UNITS, name));
  const verify = () => runTool('systemd-analyze', ['verify', '--man=no', ...paths]);
  // What the host's other units are like is not asked: only lines about ours count.
  const complaints = async () =>
    (await verify()).output.split('\n').filter((line) => line.includes('origin-stack'));
  expect(await complaints()).toEqual([]);
  const [first = ''] = paths;
  await writeFile(first, (await readFile(first, 'utf8')).replace('Type=oneshot', 'Type=twoshot'));
  expect((await complaints()).join()).toContain('twoshot');
});
