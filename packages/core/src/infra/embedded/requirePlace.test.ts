import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPostgresBinaries, type PostgresBinaries } from './postgresBinaries.ts';
import { requirePlace } from './requirePlace.ts';

let dir: string;
let real: PostgresBinaries;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-place-'));
  real = await findPostgresBinaries();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const programsIn = (folder: string): PostgresBinaries => ({
  initdb: join(folder, 'bin/initdb'),
  postgres: join(folder, 'bin/postgres'),
});

it.each(['$', '"', '`', '\\', '\n', '\t', '\u007f'])(
  'refuses the character %j in the path of its programs, with the way out',
  (character) => {
    const place = () => requirePlace(join(dir, 'data'), programsIn(`${dir}/a${character}b`));
    const words = `PostgreSQL cannot work with the character ${JSON.stringify(character)} in `;
    expect(place).toThrow(words);
    expect(place).toThrow(expect.objectContaining({ next: expect.stringContaining('move the checkout') }));
  },
);

it('refuses a line break in the path of the data, and a path that is too long for PostgreSQL', () => {
  const elsewhere = expect.objectContaining({ next: expect.stringContaining('--state-dir') });
  expect(() => requirePlace(`${dir}/a\nb`, real)).toThrow(elsewhere);
  const long = 'é'.repeat(100);
  const deep = join(dir, long, long, long, long, long);
  expect(() => requirePlace(deep, real)).toThrow(elsewhere);
  expect(() => requirePlace(join(dir, 'data'), programsIn(deep))).toThrow('cannot work with a path of 10');
});

it.each([' ', ':', ';', '#', '%', '$', '"', "'", '\\', 'ä'])(
  'takes %j in the path of the data, and makes nothing',
  async (character) => {
    requirePlace(join(dir, `a${character}b`, 'data'), real);
    expect(await readdir(dir)).toEqual([]);
  },
);
