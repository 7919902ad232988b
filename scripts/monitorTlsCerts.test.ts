import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CHECKOUT } from './lib/checkout.ts';
import { type BundleOnDisk, bundleOnDisk } from './tlsMonitor/test/bundleOnDisk.ts';
import { makeCertificate } from './tlsMonitor/test/makeCertificate.ts';
import { parseExposition } from './tlsMonitor/test/parseExposition.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const MAIN = join(CHECKOUT, 'scripts', 'main.ts');
let bundle: BundleOnDisk;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command where no engine answers. */
function run(args: string[], uid = 0) {
  const env = { PATH: '/usr/bin:/bin', DOCKER_HOST: 'unix:///nowhere.sock' };
  const argv = [MAIN, 'monitor-tls-certs', ...args];
  return new Promise<Ran>((resolve) => {
    execFile(process.execPath, argv, { env, cwd: '/', uid, gid: uid }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
const monitor = (...args: string[]) => run([...args, '--state-dir', bundle.dir.root]);

describe.skipIf(!isRoot)(`monitor-tls-certs${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  beforeAll(async () => {
    bundle = await bundleOnDisk();
  });
  afterAll(() => bundle.remove());
  beforeEach(() => bundle.reset());

  it('shows each certificate in a table, says that nobody was asked, and exits 0', async () => {
    const { code, stdout } = await monitor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^no Docker engine answers this user: these are the files alone/);
    expect(stdout).toMatch(/^PATH +CN +STATUS +DAYS +VALID TO +ISSUER +PROBLEM$/m);
    expect(stdout).toMatch(
      /^secrets\/nginx\/public.crt +origin.example +ok +36\d +20\d\d-\d\d-\d\d +origin.example +self-signed: callers/m,
    );
    expect(stdout).toMatch(
      /^secrets\/redis\/tls.crt +redis +ok +36\d +20\d\d-\d\d-\d\d +Origin Stack internal CA$/m,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('19 certificates: 19 ok');
  });

  it('says what is wrong and what to type, and exits 1', async () => {
    await rm(bundle.at('redis/tls.key'));
    const wish = { name: 'vault', hosts: ['vault'], issuer: await bundle.authority() };
    await bundle.put('vault/tls', await makeCertificate({ ...wish, from: -2, to: -1 }));
    const { code, stdout } = await monitor();
    expect(code).toBe(1);
    expect(stdout).toContain('secrets/redis/tls.crt: its key is not there\n  next: ./stack renew-certs\n');
    expect(stdout).toMatch(/^secrets\/vault\/tls.crt: it expired at \S+Z\n {2}next: .\/stack renew-certs$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('19 certificates: 17 ok, 1 critical, 1 expired');
  });

  it('says the same to a program', async () => {
    await rm(bundle.at('redis/tls.crt'));
    const { code, stdout } = await monitor('--json');
    expect(code).toBe(1);
    const { certificates, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({
      listeners_asked: false,
      not_asked_because: 'no Docker engine answers this user',
      metrics_file: null,
    });
    expect(certificates.filter(({ status }: { status: string }) => status !== 'ok')).toEqual([
      {
        path: bundle.at('redis/tls.crt'),
        status: 'unreadable',
        gauge: 3,
        cn: null,
        issuer: null,
        serial: null,
        fingerprint: null,
        not_before: null,
        not_after: null,
        days_left: null,
        note: null,
        problems: [{ severity: 'unreadable', what: 'it is not there', next: './stack renew-certs' }],
      },
    ]);
    expect(stdout).not.toContain('PRIVATE KEY');
  });

  it('exits 3 where there is no bundle, and 2 for a flag that there is not', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'origin-no-bundle-'));
    for (const flags of [[], ['--dry-run']])
      expect(await run(['--state-dir', empty, ...flags])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('there is no bundle here yet'),
      });
    expect(await readdir(empty)).toEqual([]);
    await rm(empty, { recursive: true });
    expect(await monitor('--metrics')).toMatchObject({ code: 2 });
  });

  it('writes the metrics where it is told, and nothing in a dry run', async () => {
    const file = join(bundle.dir.textfile, 'certificates.prom');
    const planned = await monitor('--metrics-file', file, '--dry-run');
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining(`write ${file}`) });
    expect(await readdir(bundle.dir.textfile)).toEqual([]);
    expect(await monitor('--metrics-file', file)).toMatchObject({ code: 0 });
    expect(parseExposition(await readFile(file, 'utf8'))).toHaveLength(4 * 19);
    await rm(file);
    await symlink('/etc/hostname', file);
    expect(await monitor('--metrics-file', file)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it is a symbolic link'),
    });
  });

  it('names what this user may not read, and reads the rest', async () => {
    const { dir } = bundle;
    const folders = (await readdir(dir.secrets)).map((name) => join(dir.secrets, name));
    for (const folder of folders) {
      for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))])
        await chown(path, NOBODY, NOBODY);
    }
    await chmod(dirname(dir.root), 0o755);
    await chmod(bundle.at('redis/tls.crt'), 0);
    await chmod(bundle.at('vault/tls.key'), 0);
    await chown(bundle.at('minio'), 0, 0);
    const { code, stdout, stderr } = await run(['--state-dir', dir.root, '--json'], NOBODY);
    expect(code, stderr).toBe(1);
    const { certificates } = JSON.parse(stdout) as {
      certificates: { path: string; status: string; problems: { what: string; next: string }[] }[];
    };
    const bad = certificates.filter(({ status }) => status !== 'ok');
    expect(bad.map(({ path, problems }) => [path, problems[0]?.what])).toEqual([
      [bundle.at('redis/tls.crt'), 'it may not be read by this user'],
      [bundle.at('minio/tls.crt'), 'it may not be read by this user'],
      [bundle.at('vault/tls.crt'), 'its key may not be read by this user'],
    ]);
    for (const { problems } of bad)
      expect(problems[0]?.next).toMatch(/^as root, or as a member of the docker group/);
    expect(certificates).toHaveLength(19);
  });
});

it('scripts/monitor-tls-certs runs the command from any folder and through links, with all that is typed', async () => {
  const checkout = await mkdtemp(join(tmpdir(), 'origin-by-name-'));
  onTestFinished(() => rm(checkout, { recursive: true }));
  await mkdir(join(checkout, 'scripts'));
  const program = join(checkout, 'scripts', 'monitor-tls-certs');
  await copyFile(join(CHECKOUT, 'scripts', 'monitor-tls-certs'), program);
  // In the place of the launcher, which has tests of its own.
  await writeFile(join(checkout, 'stack'), '#!/bin/sh\npwd; for word; do echo "$word"; done; exit 42\n', {
    mode: 0o755,
  });
  await mkdir(join(checkout, 'elsewhere'));
  await symlink('../scripts/monitor-tls-certs', join(checkout, 'elsewhere', 'middle'));
  await symlink(join(checkout, 'elsewhere', 'middle'), join(checkout, 'link'));
  for (const path of [program, join(checkout, 'link')]) {
    const { code, stdout } = await new Promise<Omit<Ran, 'stderr'>>((resolve) => {
      execFile(path, ['--metrics-file', 'a b'], { cwd: '/usr' }, (error, text) =>
        resolve({ code: Number(error?.code), stdout: text }),
      );
    });
    expect({ code, stdout }).toEqual({ code: 42, stdout: '/usr\nmonitor-tls-certs\n--metrics-file\na b\n' });
  }
});
