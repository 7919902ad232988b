import type { Progress } from './progress.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One flag. `placeholder` names the value in help (`--lines N`); an integer may be bounded. */
export type Flag = { summary: string; short?: string } & (
  | { type: 'boolean' }
  | { type: 'string'; placeholder: string; default?: string; multiple?: boolean }
  | { type: 'integer'; placeholder: string; default?: number; min?: number; max?: number }
);

/** Flags by their name on the command line, in kebab-case and without the dashes. */
export type Flags = Record<string, Flag>;

type FlagValue<F extends Flag> = F extends { type: 'boolean' }
  ? boolean
  : F extends { type: 'integer' }
    ? F extends { default: number }
      ? number
      : number | undefined
    : F extends { multiple: true }
      ? string[]
      : F extends { default: string }
        ? string
        : string | undefined;

export type FlagValues<F extends Flags> = { [Name in keyof F]: FlagValue<F[Name]> };

/** What would be done, as plain data: it can be printed, tested and recorded. No steps: nothing to do. */
export type Plan = { summary: string; steps: ({ action: string } & { [key: string]: Json })[] };

/** One command of the list; its file is loaded only when it is run or its help is asked for. */
export type CommandEntry = {
  name: string;
  group: string;
  summary: string;
  load: () => Promise<{ command: AnyCommand }>;
};

/** What a command gets. `print` streams lines of the result to stdout; `signal` aborts on Ctrl-C. */
export type CommandContext<F extends Flags> = {
  flags: FlagValues<F>;
  args: string[];
  /** What was typed behind the command's name. */
  argv: string[];
  json: boolean;
  progress: Progress;
  print: (line: string) => void;
  signal: AbortSignal;
  /** Every command there is. */
  commands: readonly CommandEntry[];
};

/** What a command found or did: `data` for `--json`, `text` for people. `exitCode` 0 unless said otherwise. */
export type CommandResult = { data: Json; text: string; exitCode?: 0 | 1 | 2 | 3 };

/**
 * A command. With a `plan` it has `--dry-run`, which prints the plan and changes nothing; a plan without
 * steps ends it with "nothing to do". `destroys` (a sentence) makes it demand `--yes` or `--force`; where `asks` is there
 * too, only where that says what is at stake here, which the error repeats. `lock` names the
 * file of what it changes: from before the plan to the end no other command with that lock runs; a dry run takes none.
 * `looksItself`: the run looks for itself, and verifies or answers also where nothing is to do; its plan is for dry runs alone.
 */
export type Command<F extends Flags = Flags> = {
  name: string;
  summary: string;
  arguments?: { usage: string; min: number; max: number };
  examples: [string, ...string[]];
  details?: string;
  flags: F;
  destroys?: string;
  asks?: (context: CommandContext<F>) => Promise<string | undefined>;
  lock?: (context: CommandContext<F>) => Promise<string | undefined>;
  looksItself?: true;
  plan?: (context: CommandContext<F>) => Promise<Plan>;
  run: (context: CommandContext<F> & { plan: Plan | undefined }) => Promise<CommandResult | undefined>;
};

/** A command whose flag types are hidden, as the list of commands and the runner see it. */
export type AnyCommand = Omit<Command, 'asks' | 'lock' | 'plan' | 'run'> & {
  asks?: (context: CommandContext<Flags>) => Promise<string | undefined>;
  lock?: (context: CommandContext<Flags>) => Promise<string | undefined>;
  plan?: (context: CommandContext<Flags>) => Promise<Plan>;
  run: (context: CommandContext<Flags> & { plan: Plan | undefined }) => Promise<CommandResult | undefined>;
};

/** Declares a command; the flags' types reach `plan` and `run`. */
export function defineCommand<const F extends Flags>(command: Command<F>): AnyCommand {
  // The runner builds the flag values from the same declaration, so hiding their types here is sound.
  return command as unknown as AnyCommand;
}
