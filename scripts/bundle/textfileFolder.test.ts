import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { locateBundle } from './bundleDir.ts';
import { initBundle } from './initBundle.ts';
import { findMetrics } from './textfileFolder.ts';

const isRoot = process.getuid?.() === 0;
let root: string;
let textfile: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-textfile-'));
  textfile = join(root, 'textfile');
  onTestFinished(() => rm(root, { recursive: true }));
});

const init = () => initBundle(locateBundle(root), {});

describe.skipIf(!isRoot)(`init${isRoot ? '' : ' (skipped: needs root, to give files away)'}`, () => {
  test('makes the folder for metrics open to every reader, and tells Compose of it', async () => {
    const { settings } = await init();
    expect(settings.ORIGIN_TEXTFILE).toBe(textfile);
    expect(await stat(textfile)).toMatchObject({ mode: 0o040755, uid: 0 });
  });

  test('adds the setting to what was written before there was one, and has its reader look anew', async () => {
    const file = join(root, 'compose.env');
    const before = (await init()).writtenAt['node-exporter'];
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^ORIGIN_TEXTFILE=.*\n/m, ''));
    await rm(textfile, { recursive: true });
    const { writtenAt } = await init();
    expect(writtenAt['node-exporter']).toBeGreaterThan(before ?? 0);
    // What is new stands last.
    expect((await readFile(file, 'utf8')).split('\n').sort()).toEqual(text.split('\n').sort());
    expect((await stat(textfile)).isDirectory()).toBe(true);
    // Metrics come and go in it; who reads it need not look anew.
    await writeFile(join(textfile, 'raid.prom'), 'of somebody');
    await rm(join(textfile, 'raid.prom'));
    expect((await init()).writtenAt).toEqual(writtenAt);
  });

  test('gives the folder to whose the bundle is, whoever types the command, and keeps what lies in it', async () => {
    await mkdir(join(root, 'secrets', 'operator'), { recursive: true, mode: 0o700 });
    await chown(join(root, 'secrets', 'operator'), 1000, 1000);
    await mkdir(textfile, { mode: 0o700 });
    await writeFile(join(textfile, 'raid.prom'), 'of somebody');
    await init();
    expect(await stat(textfile)).toMatchObject({ mode: 0o040755, uid: 1000, gid: 1000 });
    expect(await readFile(join(textfile, 'raid.prom'), 'utf8')).toBe('of somebody');
  });

  test.each([
    ['a link', () => symlink('/tmp', textfile)],
    ['a file', () => writeFile(textfile, '')],
  ])('refuses %s in its place, before anything is made', async (_, sabotage) => {
    await sabotage();
    await expect(init()).rejects.toMatchObject({ exitCode: 3, why: 'it is no folder' });
    await expect(stat(join(root, 'secrets'))).rejects.toThrow('ENOENT');
  });
});

test('finds our metrics with what a killed run left, and the folder only where nothing else is in it', async () => {
  expect(await findMetrics(textfile)).toEqual([]);
  await mkdir(textfile);
  const ours = ['certificates.prom', 'certificates.prom.0123456789ab.tmp'].map((name) =>
    join(textfile, name),
  );
  for (const path of ours) await writeFile(path, '');
  expect((await findMetrics(textfile)).sort()).toEqual([textfile, ...ours]);
  await writeFile(join(textfile, 'raid.prom'), '');
  expect((await findMetrics(textfile)).sort()).toEqual(ours);
});

test.skipIf(!isRoot)('names the owner and what to type where this user may not change that', async () => {
  await mkdir(textfile);
  await chmod(root, 0o755);
  const script = `import { openTextfile } from ${JSON.stringify(new URL('./textfileFolder.ts', import.meta.url).href)};
    await openTextfile({ path: ${JSON.stringify(textfile)}, uid: process.getuid() }).catch(({ exitCode, why, next }) => {
      console.log(JSON.stringify({ exitCode, why, next }));
    });`;
  const argv = ['--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, argv, { uid: 65_534, gid: 65_534, cwd: '/' });
  expect(JSON.parse(output.toString())).toEqual({
    exitCode: 3,
    why: 'it belongs to uid 0, not to the operator',
    next: `sudo chown 65534 ${textfile}, then this again`,
  });
});
