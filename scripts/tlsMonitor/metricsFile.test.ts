import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeMetricsFile } from './metricsFile.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-metrics-'));
  file = join(folder, 'certificates.prom');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MODULE = JSON.stringify(new URL('./metricsFile.ts', import.meta.url).href);
/** A program that may use `write(text)`, as another user where that is asked. */
function run(program: string, { uid = process.getuid?.() ?? 0, umask = '022' } = {}) {
  const script = `import { writeMetricsFile } from ${MODULE};
    const write = (text) => writeMetricsFile(${JSON.stringify(file)}, text);
    ${program}`;
  const node = [process.execPath, '--input-type=module', '--eval', script];
  return spawn('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...node], {
    ...{ uid, gid: uid, cwd: '/' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

it('can be read by everybody, whatever the mask of who writes it', async () => {
  const [code] = await once(run('await write("x 1\\n");', { umask: '077' }), 'close');
  expect(code).toBe(0);
  expect(await stat(file)).toMatchObject({ mode: 0o100644 });
  expect(await readFile(file, 'utf8')).toBe('x 1\n');
});

it('is a whole one after each kill, under a name that node-exporter does not read until then', async () => {
  const whole = [1, 2].map((value) => `x ${value}\n`.repeat(40_000));
  await writeMetricsFile(file, whole[0] ?? '');
  for (let round = 0; round < 12; round += 1) {
    const child = run(`
      console.log('started');
      for (;;) for (const value of [1, 2]) await write(\`x \${value}\\n\`.repeat(40_000));`);
    await once(child.stdout, 'data');
    // Somewhere in the first few writes.
    const ended = once(child, 'close');
    setTimeout(() => child.kill('SIGKILL'), 5 + round * 7);
    await ended;
    const text = await readFile(file, 'utf8');
    expect(whole.includes(text), `${text.length} bytes`).toBe(true);
    expect((await readdir(folder)).filter((name) => name.endsWith('.prom'))).toEqual(['certificates.prom']);
  }
}, 55_000);

it('takes away what a killed run left long ago, and nothing that a run of now or somebody else has there', async () => {
  const [old, young, other] = ['0123456789ab', 'ba9876543210', 'x'].map(
    (part) => `certificates.prom.${part}.tmp`,
  );
  const foreign = 'raid.prom.0123456789ab.tmp';
  for (const name of [old, young, other, foreign]) await writeFile(join(folder, name ?? ''), '');
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of [old, other, foreign]) await utimes(join(folder, name ?? ''), hourAgo, hourAgo);
  await writeMetricsFile(file, 'x 1\n');
  expect((await readdir(folder)).sort()).toEqual(['certificates.prom', young, other, foreign].sort());
});

describe('is refused, with nothing changed, where it', () => {
  const refused = async (why: RegExp) => {
    const before = await readdir(folder).catch(() => undefined);
    await expect(writeMetricsFile(file, 'x 1\n')).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(file),
      why: expect.stringMatching(why),
      next: expect.stringMatching(/./),
    });
    expect(await readdir(folder).catch(() => undefined)).toEqual(before);
  };

  it('is a symbolic link, whose target stays as it is', async () => {
    const target = join(folder, 'target');
    await writeFile(target, 'of somebody');
    await symlink(target, file);
    await refused(/symbolic link/);
    expect(await readFile(target, 'utf8')).toBe('of somebody');
    await rm(target);
    await refused(/symbolic link/);
  });

  it('is a folder', async () => {
    await mkdir(file);
    await refused(/a folder/);
  });

  it('is a pipe, which nobody reads', async () => {
    execFileSync('mkfifo', [file]);
    await refused(/no plain file/);
  });

  it('lies in a folder that is not there, or in a file', async () => {
    await rm(folder, { recursive: true });
    await refused(/is not there/);
    await writeFile(folder, '');
    await refused(/is no folder/);
  });

  it.skipIf(!isRoot)('lies where this user may not write', async () => {
    await chmod(folder, 0o755);
    const child = run(
      'await write("x").catch(({ exitCode, why }) => console.log(JSON.stringify({ exitCode, why })));',
      { uid: NOBODY },
    );
    const [line] = await once(child.stdout, 'data');
    expect(JSON.parse(String(line))).toEqual({
      exitCode: 3,
      why: `this user (uid ${NOBODY}) may not write in ${folder}, which belongs to uid 0`,
    });
    await chown(folder, NOBODY, NOBODY);
    expect(await once(run('await write("x 1\\n");', { uid: NOBODY }), 'close')).toEqual([0, null]);
  });
});

it.skipIf(!isRoot)(
  'keeps its old content where the disk is full, and leaves nothing half-written',
  async () => {
    const mount = (...options: string[]) => execFileSync('mount', [...options, 'origin-full', folder]);
    mount('-t', 'tmpfs', '-o', 'size=64k');
    try {
      await writeMetricsFile(file, 'x 1\n');
      await expect(writeMetricsFile(file, 'x 2\n'.repeat(40_000))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await readFile(file, 'utf8')).toBe('x 1\n');
      expect(await readdir(folder)).toEqual(['certificates.prom']);
    } finally {
      execFileSync('umount', [folder]);
    }
  },
);
