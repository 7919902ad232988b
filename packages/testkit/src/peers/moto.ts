import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moveIntoPlace } from './moveIntoPlace.ts';
import { type Availability, type PeerProcess, stackDir, startPeerProcess } from './peerProcess.ts';
import { runTool } from './runTool.ts';

const requirementsFile = fileURLToPath(new URL('moto-requirements.txt', import.meta.url));
const serverFile = fileURLToPath(new URL('moto_server.py', import.meta.url));
const venvDir = fileURLToPath(new URL('venv-moto', stackDir));
/** Written last, so a virtual environment that has it is complete and of these requirements. */
const stamp = 'origin-stack-requirements';

/** Whether moto is installed here or can be: it needs Python with `venv`. */
export function motoAvailable(): Availability {
  if (isInstalled()) return { ok: true };
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0) return { ok: true };
  return { ok: false, reason: 'moto, a KMS server, comes from PyPI and there is no Python with venv here' };
}

function requirementsHash(): string {
  return createHash('sha256').update(readFileSync(requirementsFile)).digest('hex');
}

function isInstalled(): boolean {
  try {
    return readFileSync(join(venvDir, stamp), 'utf8') === requirementsHash();
  } catch {
    return false;
  }
}

/**
 * Installs moto in pinned versions into a virtual environment of the checkout; half a minute the first time,
 * nothing afterwards. `report` hears how far it is. Gives the path of its Python.
 */
export async function installMoto(report: (text: string) => void = toStderr): Promise<string> {
  const python = join(venvDir, 'bin', 'python');
  if (isInstalled()) return python;
  await mkdir(fileURLToPath(stackDir), { recursive: true });
  const dir = await mkdtemp(`${venvDir}.`);
  const startedMs = Date.now();
  report('installing moto from PyPI, once');
  try {
    await runTool({ command: 'python3', args: ['-m', 'venv', dir] });
    const pip = ['-m', 'pip', 'install', '--no-deps', '--disable-pip-version-check'];
    await runTool({ command: join(dir, 'bin', 'python'), args: [...pip, '-r', requirementsFile] });
    await writeFile(join(dir, stamp), requirementsHash());
    if (!isInstalled()) await rm(venvDir, { recursive: true, force: true });
    await moveIntoPlace(dir, venvDir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  report(`moto is installed: ${Math.round((Date.now() - startedMs) / 1000)} s`);
  return python;
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Starts moto's server. `asAws` makes its signatures what AWS documents; without it they have the longest salt,
 * which is not PS256.
 */
export async function startMoto({ asAws }: { asAws: boolean }): Promise<PeerProcess> {
  const command = await installMoto();
  return startPeerProcess({
    name: 'moto',
    command,
    args: ({ port }) => [serverFile, String(port), ...(asAws ? ['--as-aws'] : [])],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
}
