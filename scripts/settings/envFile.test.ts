import { describe, expect, test } from 'vitest';
import { editEnvFile, parseEnvFile, valueProblem } from './envFile.ts';

const names = {
  known: ['COMPOSE_PROJECT_NAME', 'LOG_LEVEL', 'WORKER_CONCURRENCY'],
  belongs: (name: string) => (name === 'DATABASE_URL' ? 'it is a secret' : undefined),
};
const parse = (text: string) => parseEnvFile(text, 'compose/.env', names);

/** What is said of a text that is refused. */
function refusal(text: string): { why: string; next: string; message: string } {
  try {
    parse(text);
  } catch (error) {
    return error as { why: string; next: string; message: string };
  }
  throw new Error('it was taken');
}

describe('a file of settings', () => {
  test('gives each name its value, past comments and empty lines', () => {
    const text =
      '# Made by hand\n\n  # more\nCOMPOSE_PROJECT_NAME=origin\nLOG_LEVEL=\nWORKER_CONCURRENCY=12\n';
    expect(parse(text)).toEqual({ COMPOSE_PROJECT_NAME: 'origin', LOG_LEVEL: '', WORKER_CONCURRENCY: '12' });
    expect(parse('')).toEqual({});
    expect(parse('LOG_LEVEL=a=b c')).toEqual({ LOG_LEVEL: 'a=b c' });
  });

  test.each([
    ['export LOG_LEVEL=debug', 'begins with export: write LOG_LEVEL=…'],
    ['LOG_LEVEL =debug', 'has blanks around LOG_LEVEL: write LOG_LEVEL=…'],
    [' LOG_LEVEL=debug', 'has blanks around LOG_LEVEL: write LOG_LEVEL=…'],
    ['LOG_LEVEL= debug', 'has blanks around its value: take them away'],
    ['LOG_LEVEL=debug ', 'has blanks around its value: take them away'],
    ['LOG_LEVEL="debug"', 'has quotes: write the value without them'],
    ["LOG_LEVEL='debug'", 'has quotes: write the value without them'],
    ['LOG_LEVEL=debug # for now', 'has a # in its value: a comment stands on a line of its own'],
    ['LOG_LEVEL=$LEVEL', expect.stringContaining('has a $ or a \\ in its value')],
    ['LOG_LEVEL=a\tb', 'has a control character in its value: take it away'],
    ['LOG_LEVEL: debug', 'has no =: write NAME=VALUE'],
    ['LOG_LEVEL', 'has no =: write NAME=VALUE'],
    ['=debug', 'has no name before its =: write NAME=VALUE'],
    ['LOG_LEVLE=debug', 'LOG_LEVLE is no setting of this file: did you mean LOG_LEVEL?'],
    ['MAIL=me', 'MAIL is no setting of this file: take the line away'],
    ['DATABASE_URL=postgres://u:hunter2@h/d', 'DATABASE_URL does not belong here: it is a secret'],
  ])('refuses %j by its line, with what to write', (line, problem) => {
    const { why } = refusal(`# one\nCOMPOSE_PROJECT_NAME=origin\n${line}\n`);
    expect(why).toEqual(
      typeof problem === 'string' ? `line 3: ${problem}` : expect.stringMatching(/^line 3: has a \$ or a/),
    );
  });

  test('refuses a name that is set twice, and names both lines', () => {
    expect(refusal('LOG_LEVEL=info\n\nLOG_LEVEL=debug\n').why).toBe(
      'line 3: sets LOG_LEVEL as line 1 does: take one away',
    );
  });

  test('refuses what an editor on Windows writes, with the command that mends it', () => {
    const { why, next } = refusal('LOG_LEVEL=info\r\n\r\n# why\r\n');
    expect(why.split('\n')).toHaveLength(3);
    expect(why).toContain('line 1: ends in CRLF');
    expect(next).toBe("sed -i 's/\\r$//' compose/.env, then type this again");
    expect(refusal('\ufeffLOG_LEVEL=info\n').why).toContain('line 1: begins with a byte order mark');
  });

  test('names every wrong line at once, and repeats no value', () => {
    const { why, message } = refusal('export A=hunter2\nLOG_LEVEL="hunter2"\nB=hunter2\nC hunter2\n');
    expect(why.match(/line \d/g)).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
    expect(message + why).not.toContain('hunter2');
    expect(refusal('x\n'.repeat(9)).why).toMatch(/and 3 more$/);
  });
});

describe('a change of the file', () => {
  test('leaves comments, empty lines and order, adds at the end and takes away what is no more', () => {
    const text = '# ours\nLOG_LEVEL=info\n\n# why\nOLD=1\nWORKER_CONCURRENCY=8';
    const edited = editEnvFile(text, {
      COMPOSE_PROJECT_NAME: 'origin',
      WORKER_CONCURRENCY: '9',
      LOG_LEVEL: 'warn',
    });
    expect(edited).toBe(
      '# ours\nLOG_LEVEL=warn\n\n# why\nWORKER_CONCURRENCY=9\nCOMPOSE_PROJECT_NAME=origin\n',
    );
    expect(parse(edited)).toEqual({
      LOG_LEVEL: 'warn',
      WORKER_CONCURRENCY: '9',
      COMPOSE_PROJECT_NAME: 'origin',
    });
    expect(editEnvFile(edited, parse(edited))).toBe(edited);
  });

  test.each(['/srv/a b/c', 'a=b', '10.0.0.0/8,fd00::/8', 'ü'])('may give %j', (value) => {
    expect(valueProblem(value)).toBeUndefined();
    expect(parse(editEnvFile('', { LOG_LEVEL: value }))).toEqual({ LOG_LEVEL: value });
  });
});
