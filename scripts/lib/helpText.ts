import type { AnyCommand, CommandEntry, Flag } from './command.ts';
import { allFlags } from './parseFlags.ts';

/** The help of one command: usage, what it does, examples, flags. */
export function commandHelp(command: AnyCommand): string {
  const usage = ['./stack', command.name, command.arguments?.usage, '[flags]'].filter(Boolean).join(' ');
  const flags = Object.entries(allFlags(command)).map(([name, flag]) => [
    flagUsage(name, flag),
    flag.summary + defaultOf(flag),
  ]);
  const parts = [
    `${command.summary}\n`,
    `Usage\n  ${usage}\n`,
    `Examples\n${command.examples.map((example) => `  ${example}\n`).join('')}`,
    `Flags\n${table(flags)}`,
  ];
  if (command.details) parts.splice(1, 0, `${command.details.trim()}\n`);
  return parts.join('\n');
}

/** The help of `./stack` itself: every command by group, and how to go on. */
export function generalHelp(commands: readonly CommandEntry[]): string {
  const groups = Map.groupBy(commands, (command) => command.group);
  const sections = [...groups].map(
    ([group, members]) => `${group}\n${table(members.map(({ name, summary }) => [name, summary]))}`,
  );
  return [
    'Origin Stack: decisions on uploads, with certificates and evidence that others can check\n',
    'Usage\n  ./stack COMMAND [arguments] [flags]\n',
    ...sections,
    'Examples\n  ./stack status\n  ./stack logs api --follow\n  ./stack COMMAND --help\n',
    'Exit codes\n  0 done or nothing to do, 1 failed, 2 usage, 3 a precondition is not met,\n  4 locked by another run, 130 interrupted\n',
  ].join('\n');
}

function defaultOf(flag: Flag): string {
  return 'default' in flag && flag.default !== undefined ? ` (default ${flag.default})` : '';
}

function flagUsage(name: string, flag: Flag): string {
  const short = flag.short ? `-${flag.short}, ` : '';
  return `${short}--${name}${flag.type === 'boolean' ? '' : ` ${flag.placeholder}`}`;
}

function table(rows: string[][]): string {
  const width = Math.max(...rows.map(([first]) => first?.length ?? 0));
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}\n`).join('');
}
