import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moveIntoPlace } from './moveIntoPlace.ts';
import { type Availability, stackDir } from './peerProcess.ts';
import { runTool } from './runTool.ts';

/** A peer that comes from PyPI. */
export interface PythonPeer {
  name: string;
  /** What it is, for who cannot have it. */
  what: string;
  /** Pinned, and closed under dependencies. */
  requirementsFile: URL;
}

/** Written last, so a virtual environment that has it is complete and of these requirements. */
const stamp = 'origin-stack-requirements';

const venvDirOf = ({ name }: PythonPeer) => fileURLToPath(new URL(`venv-${name}`, stackDir));

/** Whether the peer is installed here or can be: it needs Python with `venv`. */
export function pythonPeerAvailable(peer: PythonPeer): Availability {
  if (isInstalled(peer)) return { ok: true };
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0) return { ok: true };
  return {
    ok: false,
    reason: `${peer.name}, ${peer.what}, comes from PyPI and there is no Python with venv here`,
  };
}

function requirementsHash({ requirementsFile }: PythonPeer): string {
  return createHash('sha256').update(readFileSync(requirementsFile)).digest('hex');
}

function isInstalled(peer: PythonPeer): boolean {
  try {
    return readFileSync(join(venvDirOf(peer), stamp), 'utf8') === requirementsHash(peer);
  } catch {
    return false;
  }
}

/**
 * Installs the peer in pinned versions into a virtual environment of the checkout; half a minute the first time,
 * nothing afterwards. `report` hears how far it is. Gives the path of its Python.
 */
export async function installPythonPeer(
  peer: PythonPeer,
  report: (text: string) => void = toStderr,
): Promise<string> {
  const venvDir = venvDirOf(peer);
  const python = join(venvDir, 'bin', 'python');
  if (isInstalled(peer)) return python;
  await mkdir(fileURLToPath(stackDir), { recursive: true });
  const dir = await mkdtemp(`${venvDir}.`);
  const startedMs = Date.now();
  report(`installing ${peer.name} from PyPI, once`);
  try {
    await runTool({ command: 'python3', args: ['-m', 'venv', dir] });
    const pip = ['-m', 'pip', 'install', '--no-deps', '--disable-pip-version-check'];
    const requirements = fileURLToPath(peer.requirementsFile);
    await runTool({ command: join(dir, 'bin', 'python'), args: [...pip, '-r', requirements] });
    await writeFile(join(dir, stamp), requirementsHash(peer));
    if (!isInstalled(peer)) await rm(venvDir, { recursive: true, force: true });
    await moveIntoPlace(dir, venvDir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  report(`${peer.name} is installed: ${Math.round((Date.now() - startedMs) / 1000)} s`);
  return python;
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}
