import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { findDebianMirror } from '../../engine/debianMirror.ts';
import { runTool, type ToolResult } from '../../engine/runTool.ts';
import { debootstrap } from '../../images/debootstrap.ts';
import { openNamespace } from '../test/openNamespace.ts';

/** A Debian that nobody has installed anything on: disk, network, processes and host name of its own. */
export interface BareMachine extends AsyncDisposable {
  /** Its root as the host sees it. */
  root: string;
  /** Where the host reaches it. */
  address: string;
  /** Runs a shell command on it, in a directory, with the environment of a login as root. */
  run(command: string, directory?: string): Promise<ToolResult>;
  /** Takes all of its disk but so many bytes, and gives them back. */
  fillDisk(leave: number): Promise<AsyncDisposable>;
}

const DISK_BYTES = 30 * 1024 ** 3;
/** What whoever was given the machine has put on it: the way to get the checkout. */
const PACKAGES = ['ca-certificates', 'git'];
/** The host's network reaches further only with its resolver and its authorities. */
const OF_THE_HOST = ['/etc/resolv.conf', '/etc/ssl/certs/ca-certificates.crt'];
const LOGIN = {
  HOME: '/root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};
const STARTED = { deadlineMs: 20_000, pollMs: 100 };

/** Becomes process 1 of the machine, whose root is `$1`: what a kernel and an init give to a Debian. */
const BOOT = `set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs dev dev
mkdir dev/shm dev/pts
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs run run
# Not chroot: whoever enters a container of the machine would land on the host's root.
pivot_root . mnt
umount -l /mnt
hostname bare
touch /run/booted
exec sleep infinity`;

const must = async (command: string, ...args: string[]): Promise<string> => {
  const { code, output } = await runTool(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output}`);
  return output;
};

/** Makes one and boots it. Needs root, a mirror of Debian and a loop device; leaves nothing on the host. */
export async function openBareMachine(): Promise<BareMachine> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'origin-stack-bare-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'root');
  await mountDisk(join(folder, 'disk'), root);
  undo.defer(async () => void (await must('umount', root)));
  await installDebian(root, folder);
  const namespace = undo.use(await openNamespace('origin-bare', { first: 16, wayOut: true }));

  const [command = '', ...enter] = namespace.enter;
  const own = ['--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc'];
  const booting = spawn(command, [...enter, 'unshare', ...own, 'sh', '-c', BOOT, 'boot', root], {
    stdio: 'ignore',
  });
  const ended = once(booting, 'close');
  undo.defer(async () => {
    booting.kill('SIGKILL');
    await ended;
  });
  // By its number on the host. When it ends, the kernel ends every process of the machine.
  const first = await eventually(() => must('pgrep', '--parent', String(booting.pid)), STARTED);
  const into = ['--target', first, '--mount', '--pid', '--net', '--uts', '--ipc'];
  const run = (text: string, directory = '/root') => {
    const login = Object.entries(LOGIN).map(([name, value]) => `${name}=${value}`);
    return runTool('nsenter', [...into, 'env', '-C', directory, '-i', ...login, 'sh', '-c', text]);
  };
  await eventually(async () => (await run('test -e /run/booted', '/')).code === 0, STARTED);

  const everything = undo.move();
  return {
    root,
    address: namespace.inside,
    run,
    fillDisk: (leave) => fillDisk(root, leave),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** A file system of its own, which can be full while the host's is not. */
async function mountDisk(file: string, root: string): Promise<void> {
  const disk = await open(file, 'w');
  await disk.truncate(DISK_BYTES);
  await disk.close();
  await must('mkfs.ext4', '-q', '-E', 'lazy_itable_init=1', file);
  await mkdir(root);
  await must('mount', '-o', 'loop', file, root);
}

async function installDebian(root: string, folder: string): Promise<void> {
  const mirror = await findDebianMirror();
  if (!mirror) throw new Error("the host's apt uses no mirror of Debian");
  const workDir = join(folder, 'work');
  await mkdir(workDir);
  const { code, output } = await debootstrap(root, { mirror, workDir, include: PACKAGES });
  if (code !== 0) throw new Error(`debootstrap: ${output}`);
  for (const path of OF_THE_HOST) await copyFile(path, join(root, path));
}

async function fillDisk(root: string, leave: number): Promise<AsyncDisposable> {
  const { bavail, bsize } = await statfs(root);
  const ballast = join(root, 'ballast');
  await writeFile(ballast, '');
  await must('fallocate', '--length', String(bavail * bsize - leave), ballast);
  return { [Symbol.asyncDispose]: () => rm(ballast) };
}
