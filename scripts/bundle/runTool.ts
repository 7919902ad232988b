import type { CommandContext, CommandResult, Flags } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, docker } from './compose.ts';

export type ToolContext = Pick<CommandContext<Flags>, 'argv' | 'json' | 'progress' | 'signal'>;

/** Only the schema's own container is told what owns it. */
const serviceOf = (name: string) => (name === 'migrate' ? 'migrate' : 'tools');

/** What Compose says of its own work. */
const OF_COMPOSE = /^ ?(Container|Network|Volume) /;

/**
 * Runs a command of ours in the bundle's `tools` container, which alone among the operators' ways reaches database,
 * Redis and Vault. Its result and its exit code are this command's.
 */
export async function runTool(dir: BundleDir, name: string, context: ToolContext): Promise<CommandResult> {
  const program = ['--entrypoint', 'node', serviceOf(name), 'scripts/main.ts', name];
  const argv = composeArgv(dir, 'run', '--rm', '-T', ...program, ...withoutStateDir(context.argv));
  const words: string[] = [];
  const { code, stdout } = await docker(argv, {
    signal: context.signal,
    onLine: (line) => words.push(line),
  });
  const said = words.filter((line) => line.trim() !== '' && !OF_COMPOSE.test(line.trim()));
  if (code > 3 || (code === 1 && stdout === '')) {
    throw new PreconditionError({
      what: `${name} did not run in the bundle`,
      why: said.slice(-6).join('\n') || `exit ${code}`,
      next: './stack status',
    });
  }
  for (const line of said) context.progress.note(line);
  const data = context.json && stdout !== '' ? JSON.parse(stdout) : null;
  return { data, text: stdout.trimEnd(), exitCode: code as 0 | 1 | 2 | 3 };
}

/** `--state-dir DIR` names a folder of this host: it means nothing in the container. */
function withoutStateDir(argv: string[]): string[] {
  const at = argv.indexOf('--state-dir');
  const rest = at < 0 ? argv : [...argv.slice(0, at), ...argv.slice(at + 2)];
  return rest.filter((part) => !part.startsWith('--state-dir='));
}

/** Runs one of the programs in `inContainer/` there; what it prints is the result. */
export function inContainerArgv(dir: BundleDir, program: string, ...args: string[]): string[] {
  const file = `scripts/bundle/inContainer/${program}.ts`;
  return composeArgv(dir, 'run', '--rm', '-T', '--entrypoint', 'node', 'tools', file, ...args);
}
