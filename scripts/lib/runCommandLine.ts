import { productVersion } from '@origin-stack/core/infra/productVersion';
import type { AnyCommand, CommandContext, CommandEntry, CommandResult, Flags, Plan } from './command.ts';
import { InterruptedError, PreconditionError, UsageError } from './commandErrors.ts';
import { describeError } from './describeError.ts';
import { commandHelp, generalHelp } from './helpText.ts';
import { nearestName } from './nearestName.ts';
import { type ContractFlags, type ParsedCommandLine, parseFlags } from './parseFlags.ts';
import { createProgress, type ProgressTarget } from './progress.ts';
import { redact } from './redact.ts';
import { withRunLock } from './runLock.ts';

/** What the command line touches of the process. `stdout` gets results, `stderr` progress and errors. */
export type CommandLine = {
  commands: readonly CommandEntry[];
  argv: string[];
  stdout: (text: string) => void;
  stderr: ProgressTarget;
  /** Asks whether to go on; absent where nobody is there to answer. */
  ask?: ((question: string) => Promise<boolean>) | undefined;
  signal: AbortSignal;
};

/** Runs one command line and returns its exit code (see the general help); every error has been printed. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  try {
    return await dispatch(line);
  } catch (thrown) {
    const error = line.signal.aborted && !speaksForItself(thrown) ? new InterruptedError() : thrown;
    const { text, data, exitCode } = describeError(error);
    line.stderr.write(redact(text));
    if (line.argv.includes('--json')) line.stdout(redact(`${JSON.stringify({ error: data }, null, 2)}\n`));
    return exitCode;
  }
}

function speaksForItself(error: unknown): boolean {
  return [UsageError, PreconditionError, InterruptedError].some((kind) => error instanceof kind);
}

/** `help COMMAND` is `COMMAND --help`. */
const helpFor = (argv: string[]): string[] => (argv[0] === 'help' && argv[1] ? [argv[1], '--help'] : argv);

async function dispatch(line: CommandLine): Promise<number> {
  if (line.argv[0] === '--version') {
    line.stdout(`${productVersion}\n`);
    return 0;
  }
  const [name, ...rest] = helpFor(line.argv);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    line.stdout(generalHelp(line.commands));
    return name === undefined ? 2 : 0;
  }
  const { command } = await findCommand(line.commands, name).load();
  const parsed = parseFlags(command, rest);
  if (parsed.contract.help) {
    line.stdout(commandHelp(command));
    return 0;
  }
  return await execute(line, command, { ...parsed, argv: rest });
}

function findCommand(commands: readonly CommandEntry[], name: string): CommandEntry {
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const near = nearestName(
    name,
    commands.map((candidate) => candidate.name),
  );
  throw new UsageError({
    what: `there is no command "${name}"`,
    why: near ? `did you mean "${near}"?` : undefined,
    next: near ? `./stack ${near} --help` : './stack --help',
  });
}

async function execute(
  line: CommandLine,
  command: AnyCommand,
  parsed: ParsedCommandLine & { argv: string[] },
): Promise<number> {
  const { contract, flags, args, argv } = parsed;
  const context: CommandContext<Flags> = {
    flags,
    args,
    argv,
    json: contract.json,
    progress: createProgress(line.stderr),
    print: (text: string) => line.stdout(`${text}\n`),
    signal: line.signal,
    commands: line.commands,
  };
  const work = () => planAndRun(line, command, { context, contract });
  const lock = contract.dryRun ? undefined : await command.lock?.(context);
  return lock === undefined ? await work() : await withRunLock(lock, `./stack ${command.name}`, work);
}

async function planAndRun(
  line: CommandLine,
  command: AnyCommand,
  { context, contract }: { context: CommandContext<Flags>; contract: ContractFlags },
): Promise<number> {
  const isPlanned = contract.dryRun || !command.looksItself;
  const plan = isPlanned ? await command.plan?.(context) : undefined;
  if (plan && (contract.dryRun || plan.steps.length === 0)) {
    return printResult(line, contract.json, planResult(plan));
  }
  if (!contract.confirmed) await demandConfirmation(line, command, context);
  const result = await command.run({ ...context, plan });
  return result === undefined ? 0 : printResult(line, contract.json, result);
}

/** Throws PreconditionError where something is at stake, and nobody says yes. */
async function demandConfirmation(
  { ask }: CommandLine,
  command: AnyCommand,
  context: CommandContext<Flags>,
): Promise<void> {
  const atStake = command.asks ? await command.asks(context) : command.destroys;
  if (atStake === undefined) return;
  if (!context.json && (await ask?.(`${atStake}\n${command.name}: go on?`))) return;
  throw new PreconditionError({
    what: `${command.name} was not confirmed`,
    why: atStake,
    next: `./stack ${[command.name, ...context.argv.map(shellWord), '--yes'].join(' ')}`,
  });
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function planResult(plan: Plan): CommandResult {
  const steps = plan.steps.map(({ action }, index) => `  ${index + 1}. ${action}`);
  const text =
    steps.length === 0 ? `nothing to do: ${plan.summary}` : [`${plan.summary}:`, ...steps].join('\n');
  return { data: { plan }, text };
}

function printResult(line: CommandLine, json: boolean, result: CommandResult): number {
  if (json) line.stdout(`${JSON.stringify(result.data, null, 2)}\n`);
  else if (result.text !== '') line.stdout(`${result.text}\n`);
  return result.exitCode ?? 0;
}
