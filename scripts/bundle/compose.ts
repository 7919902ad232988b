import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { redact } from '../lib/redact.ts';
import { type BundleDir, COMPOSE_FILE, OVERLAYS } from './bundleDir.ts';

/** The arguments of `docker` that speak of one bundle, with the overlays that its settings name. */
export function composeArgv(dir: BundleDir, ...args: string[]): string[] {
  const files = [COMPOSE_FILE, ...overlaysOf(dir).map(overlayFile)];
  return ['compose', '--env-file', dir.envFile, ...files.flatMap((file) => ['--file', file]), ...args];
}

const overlayFile = (name: string) => join(OVERLAYS, `${name}.yml`);

/** Every overlay there is. */
export const listOverlays = (): string[] => readdirSync(OVERLAYS).map((file) => file.replace(/\.yml$/, ''));

/** Read for each command, so that nobody runs one half of a bundle. */
function overlaysOf(dir: BundleDir): string[] {
  const line = /^ORIGIN_OVERLAYS=(.*)$/m.exec(readFileSync(dir.envFile, 'utf8'));
  return (line?.[1] ?? '').split(',').filter((name) => name !== '');
}

export interface DockerResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface DockerOptions {
  signal?: AbortSignal | undefined;
  /** Gets each line of stderr, where Compose writes its progress. */
  onLine?: ((line: string) => void) | undefined;
  input?: string | undefined;
}

/** Runs `docker` and gives what it printed, whatever its exit code. Throws PreconditionError where there is none. */
export async function docker(argv: string[], options: DockerOptions = {}): Promise<DockerResult> {
  const child = spawn('docker', argv, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // Its own group: Ctrl-C comes to us, and we end it in order.
    detached: true,
    ...(options.signal ? { signal: options.signal, killSignal: 'SIGINT' as const } : {}),
  });
  child.stdin?.end(options.input);
  const [stdout, stderr, code] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr, options.onLine),
    exitOf(child),
  ]);
  options.signal?.throwIfAborted();
  return { code, stdout, stderr };
}

/** Runs `docker`; throws with its last words where it fails. */
export async function mustDocker(argv: string[], options: DockerOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await docker(argv, options);
  if (code === 0) return stdout;
  const words = redact(stderr.trim().split('\n').slice(-8).join('\n'));
  const verb = argv.filter((part) => !part.startsWith('-') && !part.includes('/')).slice(0, 3);
  throw new Error(`docker ${verb.join(' ')} failed (exit ${code}): ${words}`);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return error.name === 'AbortError' ? undefined : reject(error);
      reject(new PreconditionError({ what: 'there is no docker on PATH', next: './stack engine --yes' }));
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function collect(
  stream: NodeJS.ReadableStream | null,
  onLine?: (line: string) => void,
): Promise<string> {
  let text = '';
  let rest = '';
  for await (const chunk of stream ?? []) {
    text += chunk;
    if (!onLine) continue;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
  return text;
}

/** Whether an engine with Compose answers. */
export async function engineAnswers(): Promise<boolean> {
  try {
    const [engine, compose] = await Promise.all([
      docker(['version', '--format', '{{.Server.Version}}']),
      docker(['compose', 'version', '--short']),
    ]);
    return engine.code === 0 && compose.code === 0;
  } catch {
    return false;
  }
}
