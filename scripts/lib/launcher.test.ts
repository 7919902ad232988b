import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../../stack', import.meta.url));
const manifest = { name: 'origin-stack', version: '0.1.0', private: true, type: 'module' };
let checkout: string;

/** A checkout with the real launcher, no dependencies, and a command line that tells what it got. */
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'origin-stack-launcher-'));
  await mkdir(join(checkout, 'scripts'));
  await copyFile(launcher, join(checkout, 'stack'));
  await writeFile(join(checkout, 'package.json'), JSON.stringify(manifest));
  await writeLock('0.1.0');
  await writeFile(
    join(checkout, 'scripts', 'main.ts'),
    `const args: string[] = process.argv.slice(2);
     if (args[0] === 'wait') { process.on('SIGTERM', () => process.exit(42)); setInterval(() => {}, 1000); }
     console.log(JSON.stringify({ args, cwd: process.cwd(), pid: process.pid, env: process.env }));`,
  );
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

function writeLock(version: string): Promise<void> {
  const { name } = manifest;
  const lock = { name, version, lockfileVersion: 3, requires: true, packages: { '': { name, version } } };
  return writeFile(join(checkout, 'package-lock.json'), JSON.stringify(lock));
}

/** The test's own Node stands for a host's; npm comes from PATH as ever. */
const hostPath = `${dirname(process.execPath)}:${process.env.PATH}`;

function run(
  file: string,
  args: string[],
  options: { cwd?: string; path?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const env = { ...process.env, PATH: options.path ?? hostPath, ...options.env };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(file, args, { cwd: options.cwd ?? checkout, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('the launcher', () => {
  it('installs once, says so on stderr only, and hands the arguments on as they are', async () => {
    const first = await run(join(checkout, 'stack'), ['up', 'two words', '', '--json']);
    expect(JSON.parse(first.stdout).args).toEqual(['up', 'two words', '', '--json']);
    expect(first.stderr).toContain('(npm ci)');
    const second = await run(join(checkout, 'stack'), ['status']);
    expect(second).toMatchObject({ code: 0, stderr: '' });
  });

  it('installs again when the lock file has changed', async () => {
    await run(join(checkout, 'stack'), []);
    await writeLock('0.2.0');
    expect((await run(join(checkout, 'stack'), [])).stderr).toContain('(npm ci)');
  });

  it('works from another directory and through symbolic links, and stays in that directory', async () => {
    await symlink(join(checkout, 'stack'), join(checkout, 'scripts', 'absolute'));
    await symlink('absolute', join(checkout, 'scripts', 'relative'));
    const { stdout } = await run(join(checkout, 'scripts', 'relative'), ['x'], { cwd: '/' });
    expect(JSON.parse(stdout)).toMatchObject({ args: ['x'], cwd: '/' });
  });

  it('installs once when two start at the same time', async () => {
    const runs = await Promise.all([
      run(join(checkout, 'stack'), ['a']),
      run(join(checkout, 'stack'), ['b']),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(runs.filter(({ stderr }) => stderr.includes('(npm ci)'))).toHaveLength(1);
    expect(await readdir(join(checkout, '.stack'))).toEqual([]);
  });

  it('takes over the lock of an installation that was killed', async () => {
    await mkdir(join(checkout, '.stack', 'install.lock'), { recursive: true });
    const gone = spawn('true');
    await once(gone, 'exit');
    await writeFile(join(checkout, '.stack', 'install.lock', 'pid'), `${gone.pid}\n`);
    expect((await run(join(checkout, 'stack'), ['a'])).code).toBe(0);
  });

  it('becomes the command line, so that signals reach it and its exit code is kept', async () => {
    await run(join(checkout, 'stack'), []);
    const child = spawn(join(checkout, 'stack'), ['wait'], { env: { ...process.env, PATH: hostPath } });
    const [line] = await once(child.stdout, 'data');
    expect(JSON.parse(String(line)).pid).toBe(child.pid);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([42, null]);
  });

  it('keeps from Node, npm and the loader what a shell holds for other programs, and leaves the rest', async () => {
    const strays = {
      NODE_OPTIONS: '--require /nowhere.js',
      NODE_ENV: 'production',
      LD_LIBRARY_PATH: '/nowhere',
      OPENSSL_CONF: '/nowhere',
      UV_THREADPOOL_SIZE: '1',
      npm_config_global: 'true',
      npm_config_local_prefix: '/nowhere',
    };
    const kept = {
      NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
      npm_config_registry: 'http://127.0.0.1:1/',
      HTTP_PROXY: 'http://127.0.0.1:1',
      SEVERAL_LINES: 'one\nexport HTTP_PROXY=two\nexport NODE_x y=three\nexport =\n$(exit 9)`exit 9`\'"\\',
    };
    const { code, stdout } = await run(join(checkout, 'stack'), ['up'], { env: { ...strays, ...kept } });
    expect(code).toBe(0);
    const { env } = JSON.parse(stdout);
    expect(env).toMatchObject(kept);
    expect(Object.keys(strays).filter((name) => name in env)).toEqual([]);
  });

  it('says that Node cannot work in a folder whose name is not in UTF-8', async () => {
    await run(join(checkout, 'stack'), []);
    const move =
      'odd=$(printf "n\\377") && mkdir "$odd" && mv stack scripts node_modules package-lock.json "$odd" && "$odd/stack"';
    const { code, stderr } = await run('/bin/sh', ['-c', move]);
    expect(stderr).toMatch(
      /^error: the path of this checkout is not in UTF-8.*\nnext: {2}rename its folders/,
    );
    expect(code).toBe(3);
  });

  it('says what to install where there is no npm, and exits 3', async () => {
    const tools = join(checkout, 'tools');
    await mkdir(tools);
    for (const tool of ['readlink', 'dirname', 'cksum', 'cat'])
      await symlink(`/usr/bin/${tool}`, join(tools, tool));
    const { code, stderr } = await run('/bin/sh', [join(checkout, 'stack')], { path: tools });
    expect(code).toBe(3);
    expect(stderr).toContain('apt-get install nodejs npm');
  });

  it('says what failed and what to do when npm cannot install, and exits 3', async () => {
    await writeFile(join(checkout, 'package-lock.json'), '{ broken');
    const { code, stderr } = await run(join(checkout, 'stack'), []);
    expect(code).toBe(3);
    expect(stderr).toContain('error: npm ci failed');
    expect(await readdir(join(checkout, '.stack'))).toEqual([]);
  });
});

it('has the line ends that a shell needs, also where git turns those of texts', async () => {
  const repository = dirname(launcher);
  const git = (...args: string[]) => promisify(execFile)('git', ['-C', repository, ...args]);
  const target = await mkdtemp(join(tmpdir(), 'origin-crlf-'));
  try {
    await git('-c', 'core.autocrlf=true', 'checkout-index', `--prefix=${target}/`, '--all');
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'grep -rIl "$(printf "\\r")$" "$0" || true',
      target,
    ]);
    expect(stdout).toBe('');
    expect((await readdir(target)).length).toBeGreaterThan(10);
  } finally {
    await rm(target, { recursive: true });
  }
});
