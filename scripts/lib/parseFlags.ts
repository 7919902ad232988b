import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { AnyCommand, Flag, Flags, FlagValues } from './command.ts';
import { UsageError } from './commandErrors.ts';
import { nearestName } from './nearestName.ts';

/** Flags that the contract gives to every command that needs them. */
export type ContractFlags = { help: boolean; json: boolean; dryRun: boolean; confirmed: boolean };

export type ParsedCommandLine = { contract: ContractFlags; flags: FlagValues<Flags>; args: string[] };

/** All flags of a command in the order of its help: its own, then the contract's. */
export function allFlags(command: AnyCommand): Flags {
  return {
    ...command.flags,
    ...(command.plan ? { 'dry-run': { type: 'boolean', summary: 'print the plan and change nothing' } } : {}),
    ...(command.destroys
      ? {
          yes: { type: 'boolean', short: 'y', summary: `confirm: ${command.destroys}` },
          force: { type: 'boolean', summary: 'the same as --yes' },
        }
      : {}),
    json: { type: 'boolean', summary: 'print the result as JSON' },
    help: { type: 'boolean', short: 'h', summary: 'show this help' },
  };
}

/** Parses what follows a command's name. Throws UsageError that names the flag and suggests the nearest. */
export function parseFlags(command: AnyCommand, argv: string[]): ParsedCommandLine {
  const flags = allFlags(command);
  const { values, positionals } = parseStrictly(command, flags, argv);
  const contract = {
    help: values.help === true,
    json: values.json === true,
    dryRun: values['dry-run'] === true,
    confirmed: values.yes === true || values.force === true,
  };
  if (!contract.help) checkArguments(command, positionals);
  const own: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(command.flags)) own[name] = readValue(name, flag, values[name]);
  return { contract, flags: own as FlagValues<Flags>, args: positionals };
}

function parseStrictly(command: AnyCommand, flags: Flags, argv: string[]) {
  try {
    return parseArgs({ args: argv, options: toParseOptions(flags), allowPositionals: true, strict: true });
  } catch (cause) {
    const error = cause as Error & { code?: string };
    const unknown = /Unknown option '--?([^']+)'/.exec(error.message)?.[1];
    const next = `./stack ${command.name} --help`;
    if (unknown === undefined) throw new UsageError({ what: error.message, next }, { cause });
    const near = nearestName(unknown, Object.keys(flags));
    throw new UsageError(
      {
        what: `${command.name} has no flag --${unknown}`,
        why: near ? `did you mean --${near}?` : undefined,
        next,
      },
      { cause },
    );
  }
}

function toParseOptions(flags: Flags): ParseArgsOptionsConfig {
  const options: ParseArgsOptionsConfig = {};
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = {
      type: flag.type === 'boolean' ? 'boolean' : 'string',
      ...(flag.short ? { short: flag.short } : {}),
      ...(flag.type === 'string' && flag.multiple ? { multiple: true } : {}),
    };
  }
  return options;
}

function checkArguments(command: AnyCommand, args: string[]): void {
  const { min, max } = command.arguments ?? { min: 0, max: 0 };
  if (args.length >= min && args.length <= max) return;
  throw new UsageError({
    what:
      args.length < min ? `${command.name} needs ${command.arguments?.usage}` : `unexpected "${args[max]}"`,
    next: `./stack ${command.name} --help`,
  });
}

function readValue(name: string, flag: Flag, value: unknown): unknown {
  if (flag.type === 'boolean') return value === true;
  if (flag.type === 'string') return value ?? flag.default ?? (flag.multiple ? [] : undefined);
  if (value === undefined) return flag.default;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = flag;
  const number = /^-?\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError({ what: `--${name} takes a whole number from ${min} to ${max}, not "${value}"` });
}
