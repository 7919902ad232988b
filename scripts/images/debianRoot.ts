import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DebianMirror, findDebianMirror } from '../engine/debianMirror.ts';
import { lastLines, runTool } from '../engine/runTool.ts';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';
import { debootstrap } from './debootstrap.ts';
import { explainFailure } from './explainFailure.ts';

const PUBLIC_ROOT = 'debian:trixie-slim';
/** Gone once the base is built from it. */
const OWN_ROOT = 'origin-stack/debian-root:building';
const PULL_MS = 60_000;

type Making = { logFile: string; signal: AbortSignal };

/** The image that the base starts from: the public one where it can be pulled, else debootstrap's. */
export async function makeDebianRoot({
  logFile,
  signal,
}: Making): Promise<{ root: string; temporary: boolean }> {
  const pulled = await runTool('docker', ['pull', '--quiet', PUBLIC_ROOT], {
    signal,
    timeoutMs: PULL_MS,
    logFile,
  });
  if (pulled.code === 0) return { root: PUBLIC_ROOT, temporary: false };
  signal.throwIfAborted();
  const mirror = await findDebianMirror();
  if (!mirror || process.getuid?.() !== 0) {
    throw new PreconditionError({
      what: `${PUBLIC_ROOT} cannot be pulled, and the base cannot be made without it`,
      why: `${lastLines(pulled.output, 1)}; debootstrap needs root and a host whose apt uses a mirror of Debian`,
      next: 'check the network or the proxy, or run ./stack images as root on Debian',
    });
  }
  await bootstrap({ mirror, root: OWN_ROOT, logFile, signal });
  return { root: OWN_ROOT, temporary: true };
}

async function bootstrap(options: {
  mirror: DebianMirror;
  root: string;
  logFile: string;
  signal: AbortSignal;
}): Promise<void> {
  const { mirror, root, logFile, signal } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'origin-stack-base-'));
  try {
    const target = join(workDir, 'trixie');
    const made = await debootstrap(target, { mirror, workDir, logFile, signal });
    if (made.code !== 0) fail('debootstrap', made.output, logFile);
    const imported = await runTool(
      'sh',
      [
        '-ec',
        'tar -C "$0" --exclude=./var/cache/apt/archives/*.deb --exclude=./dev/* -c . | docker import - "$1"',
        target,
        root,
      ],
      { signal, logFile },
    );
    if (imported.code !== 0) fail('docker import', imported.output, logFile);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function fail(what: string, output: string, logFile: string): never {
  throw new CommandError({
    what: `cannot make the base: ${what} failed`,
    why: explainFailure(output),
    next: `look into ${logFile}`,
  });
}
