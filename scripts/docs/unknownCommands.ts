import type { CommandEntry } from '../lib/command.ts';
import { allFlags } from '../lib/parseFlags.ts';
import { SUITES } from '../suites/suites.ts';
import { codeParts } from './codeParts.ts';

/** Command lines in a document whose command, flag or suite does not exist. Capitals stand for something (`COMMAND`). */
export async function unknownCommands(markdown: string, list: readonly CommandEntry[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const part of codeParts(markdown)) {
    for (const [line, name = '', rest = ''] of part.matchAll(/\.\/stack ([a-z][a-z-]*)([^\n|;…]*)/g)) {
      const entry = list.find((candidate) => candidate.name === name);
      if (!entry || !(await takes(entry, rest))) wrong.push(line.trim());
    }
  }
  return wrong;
}

async function takes(entry: CommandEntry, rest: string): Promise<boolean> {
  const flags = allFlags((await entry.load()).command);
  const longs = [...rest.matchAll(/(?<=\s)--([a-z][a-z-]*)/g)].map(([, flag]) => flag ?? '');
  const suites = entry.name === 'test' ? rest.split(/\s+/).filter((word) => /^[a-z][a-z-]*$/.test(word)) : [];
  return (
    longs.every((flag) => Object.hasOwn(flags, flag)) &&
    suites.every((name) => SUITES.some((suite) => suite.name === name))
  );
}
