import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import { CommandError, PreconditionError, UsageError } from '../lib/commandErrors.ts';
import type { DescribedError } from '../lib/describeError.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import { withoutFlag } from '../lib/withoutFlag.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, docker } from './compose.ts';
import { listContainers } from './containers.ts';

export type PassedContext = Pick<CommandContext<Flags>, 'argv' | 'json' | 'progress' | 'signal'>;

/** Only the schema's own container is told what owns it. */
const containerFor = (name: string) => (name === 'migrate' ? 'migrate' : 'tools');

/** What Compose says of its own work. */
const OF_COMPOSE = /^ ?(Container|Network|Volume) /;

/**
 * Runs a command of ours in the bundle's `tools` container, which alone among the operators' ways reaches database,
 * Redis and Vault. Its result and its exit code are this command's.
 */
export async function runInBundle(
  dir: BundleDir,
  name: string,
  context: PassedContext,
): Promise<CommandResult> {
  await requireRunning(dir);
  const program = ['--entrypoint', 'node', containerFor(name), 'scripts/main.ts', name];
  // A folder of this host means nothing in the container.
  const typed = withoutFlag(context.argv, '--state-dir');
  const argv = composeArgv(dir, 'run', '--rm', '-T', ...program, ...typed);
  const said: string[] = [];
  // At once: a command that waits says for what.
  const onLine = (line: string) => {
    if (line.trim() === '' || OF_COMPOSE.test(line.trim())) return;
    said.push(line);
    context.progress.note(line);
  };
  const { code, stdout } = await docker(argv, { signal: context.signal, onLine });
  const failedItself = said.some((line) => line.startsWith('error: '));
  if (code > 3 || (code === 1 && stdout === '' && !failedItself)) {
    throw new PreconditionError({
      what: `${name} did not run in the bundle`,
      why: said.slice(-6).join('\n') || `exit ${code}`,
      next: './stack status',
    });
  }
  const data =
    context.json && stdout !== '' ? parseAnswer<CommandResult['data']>(stdout, `./stack ${name}`) : null;
  return { data, text: stdout.trimEnd(), exitCode: code as 0 | 1 | 2 | 3 };
}

/** What the command would do in the bundle. Throws the error that it ends with there. */
export async function planInBundle(dir: BundleDir, name: string, context: PassedContext): Promise<Plan> {
  const dry = ['--dry-run', '--json'];
  const argv = [...context.argv.filter((part) => !dry.includes(part)), ...dry];
  // Its error is thrown here, and printed once.
  const progress = { ...context.progress, note: () => {} };
  const { data, exitCode = 0 } = await runInBundle(dir, name, { ...context, argv, json: true, progress });
  if (exitCode === 0) return (data as { plan: Plan }).plan;
  const { what, why, next } = (data as { error: DescribedError['data'] }).error;
  const ErrorOfCode = { 1: CommandError, 2: UsageError, 3: PreconditionError }[exitCode];
  throw new ErrorOfCode({ what, ...(why ? { why } : {}), ...(next ? { next } : {}) });
}

/** A container of one command would start parts of a bundle that is down. Throws PreconditionError. */
async function requireRunning(dir: BundleDir): Promise<void> {
  if ((await listContainers(dir)).some(({ state }) => state === 'running')) return;
  throw new PreconditionError({
    what: 'the bundle does not run',
    why: 'the database must be running for this',
    next: './stack up',
  });
}

/** Runs one of the programs in `inContainer/` there; what it prints is the result. */
export function inContainerArgv(dir: BundleDir, program: string, ...args: string[]): string[] {
  const file = `scripts/bundle/inContainer/${program}.ts`;
  return composeArgv(dir, 'run', '--rm', '-T', '--entrypoint', 'node', 'tools', file, ...args);
}
