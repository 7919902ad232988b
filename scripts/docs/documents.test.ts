import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { commandList } from '../lib/commandList.ts';
import { brokenLinks } from './brokenLinks.ts';
import { machineTraces } from './machineTraces.ts';
import { type Document, readDocuments } from './readDocuments.ts';
import { unknownCommands } from './unknownCommands.ts';
import { unknownSettings } from './unknownSettings.ts';

let documents: Document[];
const textOf = (path: string) => documents.find((document) => document.path === path)?.text ?? '';
const linesOf = (path: string) => textOf(path).trimEnd().split('\n').length;
const problems = (find: (document: Document) => string[]) =>
  documents.flatMap((document) => find(document).map((problem) => `${document.path}: ${problem}`));

beforeAll(async () => {
  documents = await readDocuments();
});

test('every document that a newcomer looks for is there', () => {
  const paths = documents.map((document) => document.path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'CHANGELOG.md',
      'NOTICE',
      'README.md',
      'SECURITY.md',
      'docs/architecture.md',
      'docs/reference/settings.md',
      'packages/sdk/README.md',
      'secrets/README.md',
    ]),
  );
});

describe('length', () => {
  test('the README has at most 200 lines, and its first screen shows both commands', () => {
    expect(linesOf('README.md')).toBeLessThanOrEqual(200);
    const firstScreen = textOf('README.md').split('\n').slice(0, 50).join('\n');
    expect(firstScreen).toMatch(/^\$ \.\/stack up$/m);
    expect(firstScreen).toMatch(/^\$ \.\/stack test\b/m);
  });

  test('the architecture has at most 80 lines and opens with the glossary', () => {
    expect(linesOf('docs/architecture.md')).toBeLessThanOrEqual(80);
    expect(textOf('docs/architecture.md')).toMatch(/^# Architecture\n\n## Glossary/);
  });
});

describe('decision records', () => {
  test('are numbered from 0001 without a gap, carry their number, and have at most 60 lines', async () => {
    const names = (await readdir(join(CHECKOUT, 'docs/decisions'))).sort();
    expect(names.length).toBeGreaterThan(0);
    for (const [index, name] of names.entries()) {
      const number = String(index + 1).padStart(4, '0');
      expect(name).toMatch(new RegExp(`^${number}-[a-z0-9-]+\\.md$`));
      expect(textOf(`docs/decisions/${name}`)).toMatch(new RegExp(`^# ${number}: \\S`));
      expect(linesOf(`docs/decisions/${name}`), name).toBeLessThanOrEqual(60);
    }
  });

  test('say context, decision, consequences and what would change our mind, and the README links each', () => {
    const records = documents.filter(({ path }) => path.startsWith('docs/decisions/'));
    for (const { path, text } of records) {
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, path).toEqual(
        expect.arrayContaining(['Context', 'Decision', 'Consequences', 'What would change our mind']),
      );
      expect(textOf('README.md')).toContain(`](${path})`);
    }
  });
});

describe('what documents name exists', () => {
  test('every relative link leads to a file, and its anchor to a heading', () => {
    expect(problems(brokenLinks)).toEqual([]);
    const there = {
      path: 'docs/x.md',
      text: '# A b\n[a](../README.md) [b](architecture.md#pieces) [c](#a-b)',
    };
    expect(brokenLinks(there)).toEqual([]);
    const nowhere = '[a](../NONE.md) [b](architecture.md#none) [c](#none) [d](../../etc)';
    expect(brokenLinks({ path: 'docs/x.md', text: nowhere })).toHaveLength(4);
  });

  test('every command, every flag of it and every suite', async () => {
    const wrong = await Promise.all(
      documents.map(async ({ path, text }) =>
        (await unknownCommands(text, commandList)).map((line) => `${path}: ${line}`),
      ),
    );
    expect(wrong.flat()).toEqual([]);
    const invented = '`./stack fly` and `./stack up --high`\n```\n$ ./stack test lint nothing\n```\n';
    expect(await unknownCommands(invented, commandList)).toHaveLength(3);
    expect(await unknownCommands('`./stack up --port 1`, `./stack test lint`', commandList)).toEqual([]);
  });

  test('every setting', () => {
    // The reference is made from the settings themselves, and its usage texts have placeholders in capitals.
    const isWritten = ({ path }: Document) => !path.startsWith('docs/reference/');
    expect(problems((document) => (isWritten(document) ? unknownSettings(document.text) : []))).toEqual([]);
    expect(unknownSettings('`API_PORTS`, `SURROUNDINGS=production`, `API_PORT_FILE_FILE`')).toHaveLength(3);
    expect(unknownSettings('`API_PORT`, `ENVIRONMENT=test`, `DATABASE_URL_FILE`')).toEqual([]);
  });

  test("every folder of the README's tree, and the tree names every workspace", async () => {
    const [, tree = ''] = /## The tree\n+```\n([\s\S]+?)```/.exec(textOf('README.md')) ?? [];
    const named = [...tree.matchAll(/(?<=^|\s)([a-z][a-z-]*\/[a-z-]*)(?=\s)/gm)].map(
      ([, path]) => path ?? '',
    );
    expect(named.filter((path) => !existsSync(join(CHECKOUT, path)))).toEqual([]);
    const { workspaces } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8'));
    expect(named.map((path) => path.replace(/\/$/, ''))).toEqual(expect.arrayContaining(workspaces));
  });
});

test('no document holds a path of a machine or a host of a package registry', () => {
  expect(problems(({ text }) => machineTraces(text))).toEqual([]);
  expect(machineTraces(`in /${'root'}/x, \`/home/me/key\` and (/tmp)`)).toHaveLength(3);
  expect(machineTraces('from https://registry.example.org/x and deb.example.com')).toHaveLength(2);
  expect(machineTraces('`GET /v1/uploads`, …/.stack/embedded, ~/work/x, docs/home/a.md')).toEqual([]);
});
