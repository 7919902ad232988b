import { glob, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { doctorChecks } from './registry.ts';

it('every check is tried by a test: one that nobody breaks may find nothing for years', async () => {
  const texts: string[] = [];
  for await (const file of glob('**/*.test.ts', { cwd: import.meta.dirname })) {
    texts.push(await readFile(new URL(file, import.meta.url), 'utf8'));
  }
  expect(texts.length).toBeGreaterThan(5);
  // As the first argument of whoever looks, or as the head of a row of a table.
  const isTried = (name: string) =>
    texts.some((text) =>
      new RegExp(`(whatOf|issuesOf|look|wordsOf)\\(\\s*'${name}'|\\[\\s*'${name}',|NAME = '${name}'`).test(
        text,
      ),
    );
  expect(doctorChecks.map(({ name }) => name).filter((name) => !isTried(name))).toEqual([]);
});
