import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moveIntoPlace } from '@origin-stack/testkit/peers/moveIntoPlace';
import { runTool } from '@origin-stack/testkit/peers/runTool';

const here = fileURLToPath(new URL('.', import.meta.url));
const stackDir = fileURLToPath(new URL('../../.stack', import.meta.url));
const venvDir = join(stackDir, 'venv-judges');
const requirementsFile = join(here, 'requirements.txt');
/** Written last, so a virtual environment that has it is complete and of these requirements. */
const STAMP = 'origin-stack-requirements';

/** Whether the judges are installed here or can be: they need Python with `venv`. */
export function pythonJudgesAvailable(): boolean {
  return isInstalled() || spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0;
}

function requirementsHash(): string {
  return createHash('sha256').update(readFileSync(requirementsFile)).digest('hex');
}

function isInstalled(): boolean {
  try {
    return readFileSync(join(venvDir, STAMP), 'utf8') === requirementsHash();
  } catch {
    return false;
  }
}

/** Installs the judges in pinned versions into a virtual environment of the checkout; nothing the second time. */
export async function installPythonJudges(): Promise<void> {
  if (isInstalled()) return;
  await mkdir(stackDir, { recursive: true });
  const dir = await mkdtemp(`${venvDir}.`);
  try {
    await runTool({ command: 'python3', args: ['-m', 'venv', dir] });
    const pip = ['-m', 'pip', 'install', '--no-deps', '--disable-pip-version-check'];
    await runTool({ command: join(dir, 'bin', 'python'), args: [...pip, '-r', requirementsFile] });
    await writeFile(join(dir, STAMP), requirementsHash());
    if (!isInstalled()) await rm(venvDir, { recursive: true, force: true });
    await moveIntoPlace(dir, venvDir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export interface Verdict {
  code: number;
  output: string;
}

/** Runs a judge's script, or `-m module`, with a JSON document on its standard input. */
export async function askPython(args: string[], input: unknown = null): Promise<Verdict> {
  const child = spawn(join(venvDir, 'bin', 'python'), args, { cwd: here });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  child.stdin.end(JSON.stringify(input));
  const [code] = await once(child, 'close');
  return { code: code ?? -1, output: output.trim() };
}
