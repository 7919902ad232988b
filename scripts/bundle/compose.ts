import { createInterface } from 'node:readline';
import { which } from 'zx/core';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';
import { redact } from '../lib/redact.ts';
import { startProgram } from '../lib/startProgram.ts';
import { type BundleDir, COMPOSE_FILE, EARLIER_ENV, OVERLAYS_ENV } from './bundleDir.ts';
import { type BundleSettings, bundleSettingsIn, isEarlierFile } from './bundleSettings.ts';
import { dockerEnv } from './dockerEnv.ts';
import { noEngineError } from './noEngine.ts';
import { overlaysOf } from './overlays.ts';

/** The arguments of `docker` that speak of one bundle, with the overlays that its settings name. */
export function composeArgv(dir: BundleDir, ...args: string[]): string[] {
  const envFiles = [...(isEarlierFile(dir) ? [EARLIER_ENV] : []), dir.envFile];
  return argvOf(envFiles, overlayFiles(dir), args);
}

/** With the containers of single commands, which one that was killed may have left. */
export const EVERY_PROFILE = ['--profile', 'tools', '--profile', 'load'];

/** The same for settings that no file holds yet: they go by the environment, which is stronger than any file. */
export function composeOf(settings: BundleSettings, ...args: string[]) {
  const overlays = overlaysOf(settings.ORIGIN_OVERLAYS).map(({ file }) => file);
  return { argv: argvOf(['/dev/null'], overlays, args), env: { ...settings } };
}

function argvOf(envFiles: string[], overlays: string[], args: string[]): string[] {
  const files = [COMPOSE_FILE, ...overlays];
  const settings = [...envFiles, ...(overlays.length > 0 ? [OVERLAYS_ENV] : [])];
  return [
    'compose',
    ...settings.flatMap((file) => ['--env-file', file]),
    ...files.flatMap((file) => ['--file', file]),
    ...args,
  ];
}

/** Read for each command, so that nobody runs one half of a bundle, and none by a file that Compose reads otherwise. */
const overlayFiles = (dir: BundleDir): string[] =>
  overlaysOf(bundleSettingsIn(dir)?.ORIGIN_OVERLAYS ?? '').map(({ file }) => file);

export interface DockerResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface DockerOptions {
  signal?: AbortSignal | undefined;
  /** Gets each line of stderr, where Compose writes its progress. */
  onLine?: ((line: string) => void) | undefined;
  /** Gets each line of stdout. */
  onOutput?: ((line: string) => void) | undefined;
  input?: string | undefined;
  /** Beside what `dockerEnv` passes on of this process's own. */
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Runs `docker` and gives what it printed, whatever its exit code. Throws PreconditionError where there is none, and where
 * nothing could be started, as `startProgram` says.
 */
export async function docker(argv: string[], options: DockerOptions = {}): Promise<DockerResult> {
  const { onLine, onOutput, env, ...rest } = options;
  rest.signal?.throwIfAborted();
  const running = startProgram(['docker', ...argv], {
    ...rest,
    env: dockerEnv(env),
    endSignal: 'SIGINT',
  });
  if (onLine) eachLine(running.stderr, onLine);
  if (onOutput) eachLine(running.stdout, onOutput);
  const { exitCode, stdout, stderr } = await running.ended;
  rest.signal?.throwIfAborted();
  if (exitCode === 127 && !(await which('docker', { nothrow: true }))) {
    throw new PreconditionError({ what: 'there is no docker on PATH', next: './stack engine --yes' });
  }
  return { code: exitCode ?? 1, stdout, stderr };
}

/** Runs `docker`; throws with its last words where it fails. */
export async function mustDocker(argv: string[], options: DockerOptions = {}): Promise<string> {
  const result = await docker(argv, options);
  if (result.code === 0) return result.stdout;
  throw dockerError(argv, result);
}

/** What to throw where `docker` failed: that no engine answered, or its last words. */
export function dockerError(argv: string[], { code, stderr }: DockerResult): CommandError {
  const silent = noEngineError(stderr);
  if (silent) return silent;
  const words = redact(stderr.trim().split('\n').slice(-8).join('\n'));
  const asked = ['docker', ...wordsOf(argv).slice(0, 2)];
  return new CommandError({
    what: `${asked.join(' ')} failed (exit ${code})`,
    why: words || 'it said nothing',
    next: './stack doctor',
  });
}

const WITH_VALUE = ['--env-file', '--file', '--profile', '--filter', '--format'];

/** Without flags and their values. */
const wordsOf = (argv: string[]): string[] =>
  argv.filter((part, at) => !part.startsWith('-') && !WITH_VALUE.includes(argv[at - 1] ?? ''));

function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  createInterface({ input: stream }).on('line', take);
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
