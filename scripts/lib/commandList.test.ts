import { describe, expect, it } from 'vitest';
import { commandList } from './commandList.ts';
import { allFlags } from './parseFlags.ts';

describe.each(commandList)('./stack $name', (entry) => {
  it('has the name and the summary of its file, and an example that calls it', async () => {
    const { command } = await entry.load();
    expect({ name: command.name, summary: command.summary }).toEqual({
      name: entry.name,
      summary: entry.summary,
    });
    for (const example of command.examples)
      expect(example).toMatch(new RegExp(`(\\./stack |scripts/)${entry.name}\\b`));
  });

  it('has no two flags with one letter and none that hides a flag of the contract', async () => {
    const { command } = await entry.load();
    const letters = Object.values(allFlags(command)).flatMap((flag) => flag.short ?? []);
    expect(new Set(letters).size).toBe(letters.length);
    for (const name of ['json', 'help', 'dry-run', 'yes', 'force'])
      expect(command.flags).not.toHaveProperty(name);
  });
});

it('names each command once', () => {
  const names = commandList.map((entry) => entry.name);
  expect(new Set(names).size).toBe(names.length);
});
