import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AnyCommand, defineCommand } from './command.ts';
import { LockedError, PreconditionError } from './commandErrors.ts';
import { runCommandLine } from './runCommandLine.ts';

const greet = defineCommand({
  name: 'greet',
  summary: 'Greet somebody',
  arguments: { usage: 'NAME', min: 1, max: 1 },
  examples: ['./stack greet Ada'],
  flags: { times: { type: 'integer', placeholder: 'N', default: 1, min: 1, max: 3, summary: 'how often' } },
  run: async ({ args, flags, progress }) => {
    progress.note('greeting');
    return { data: { greeted: args[0] ?? '', times: flags.times }, text: `hello ${args[0]} x${flags.times}` };
  },
});

function remover(wasRun: string[], steps: { action: string }[]): AnyCommand {
  return defineCommand({
    name: 'remove',
    summary: 'Remove things',
    examples: ['./stack remove'],
    flags: {},
    destroys: 'the things are gone afterwards',
    plan: async () => ({ summary: 'would remove', steps }),
    run: async ({ plan }) => {
      wasRun.push('remove');
      return { data: { removed: plan?.steps.length ?? 0 }, text: 'removed' };
    },
  });
}

function failing(error: unknown): AnyCommand {
  const run = async () => {
    throw error;
  };
  return defineCommand({ name: 'fail', summary: 'Fail', examples: ['./stack fail'], flags: {}, run });
}

async function type(
  argv: string[],
  commands: AnyCommand[],
  signal = new AbortController().signal,
  ask?: (question: string) => Promise<boolean>,
) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCommandLine({
    commands: commands.map((command) => ({
      name: command.name,
      group: 'All',
      summary: command.summary,
      load: async () => ({ command }),
    })),
    argv,
    stdout: (text) => out.push(text),
    stderr: { write: (text) => err.push(text), live: false, color: false },
    ask,
    signal,
  });
  return { exitCode, out: out.join(''), err: err.join('') };
}

describe('a command line', () => {
  it('prints the result on stdout and progress on stderr, and exits 0', async () => {
    expect(await type(['greet', 'Ada', '--times', '2'], [greet])).toEqual({
      exitCode: 0,
      out: 'hello Ada x2\n',
      err: 'greeting\n',
    });
  });

  it('prints the result as one JSON document with --json', async () => {
    const { out } = await type(['greet', 'Ada', '--json'], [greet]);
    expect(JSON.parse(out)).toEqual({ greeted: 'Ada', times: 1 });
  });

  it.each([
    [['gret', 'Ada'], 'did you mean "greet"?'],
    [['greet', 'Ada', '--tims', '2'], 'did you mean --times?'],
    [['greet'], 'greet needs NAME'],
    [['greet', 'Ada', 'Bob'], 'unexpected "Bob"'],
    [['greet', 'Ada', '--times', '9'], '--times takes a whole number from 1 to 3'],
    [['greet', 'Ada', '--times', '1e0'], '--times takes a whole number from 1 to 3'],
    [['greet', 'Ada', '--times'], '--times'],
    [['greet', 'Ada', '--json=yes'], '--json'],
  ])('refuses %j with exit 2 and says why', async (argv, message) => {
    const { exitCode, err } = await type(argv, [greet]);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });

  it('shows the usage, an example and the flags of a command with --help, even with arguments missing', async () => {
    const { exitCode, out } = await type(['greet', '--help'], [greet]);
    expect(exitCode).toBe(0);
    expect(out).toContain('./stack greet NAME [flags]');
    expect(out).toContain('./stack greet Ada');
    expect(out).toMatch(/--times N +how often/);
    expect(out).not.toContain('--dry-run');
  });

  it('lists every command with --help, and exits 2 when nothing was asked', async () => {
    expect(await type(['--help'], [greet])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/greet +Greet/),
    });
    expect((await type([], [greet])).exitCode).toBe(2);
  });
});

describe('a command that changes things', () => {
  it('prints its plan and changes nothing with --dry-run, without asking for a confirmation', async () => {
    const wasRun: string[] = [];
    const { exitCode, out } = await type(
      ['remove', '--dry-run'],
      [remover(wasRun, [{ action: 'remove a' }])],
    );
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'would remove:\n  1. remove a\n' });
    expect(wasRun).toEqual([]);
  });

  it('says that there is nothing to do when the plan has no steps', async () => {
    const wasRun: string[] = [];
    const { exitCode, out } = await type(['remove'], [remover(wasRun, [])]);
    expect(exitCode).toBe(0);
    expect(out).toContain('nothing to do');
    expect(wasRun).toEqual([]);
  });

  it('lets no second command with its lock in, from before the plan to the end, and a dry run in at any time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'origin-stack-command-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const lock = join(folder, 'lock');
    const inside: string[] = [];
    const locking = (name: string, work: () => Promise<unknown>) =>
      defineCommand({
        name,
        summary: 'Change what the lock is for',
        examples: [`./stack ${name}`],
        flags: {},
        lock: async () => lock,
        plan: async () => ({ summary: `planned by ${name}`, steps: [{ action: 'change it' }] }),
        run: async () => {
          inside.push(name);
          await work();
          return undefined;
        },
      });
    const second = locking('second', async () => {});
    const first = locking('first', async () => {
      expect(await type(['second'], [second])).toMatchObject({
        exitCode: 4,
        out: '',
        err: expect.stringMatching(`another run is at work: ./stack first\n.*process ${process.pid} `),
      });
      expect((await type(['second', '--dry-run'], [second])).out).toContain('planned by second');
      throw new Error('broken off');
    });
    expect(await type(['first'], [first])).toMatchObject({ exitCode: 1 });
    expect(await type(['second'], [second])).toMatchObject({ exitCode: 0 });
    expect(inside).toEqual(['first', 'second']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('destroys only when confirmed by --yes or --force', async () => {
    const wasRun: string[] = [];
    const command = remover(wasRun, [{ action: 'remove a' }]);
    const refused = await type(['remove'], [command]);
    expect(refused).toMatchObject({ exitCode: 3, err: expect.stringContaining('./stack remove --yes') });
    expect(wasRun).toEqual([]);
    expect((await type(['remove', '--yes'], [command])).exitCode).toBe(0);
    expect((await type(['remove', '--force'], [command])).exitCode).toBe(0);
    expect(wasRun).toEqual(['remove', 'remove']);
  });

  it('names the whole command to type, so that it confirms this one and no greater one', async () => {
    const picky = {
      ...remover([], [{ action: 'remove a' }]),
      flags: { only: { type: 'string', summary: 's' } },
    };
    const { err } = await type(['remove', '--only', "Ada's things"], [picky as AnyCommand]);
    expect(err).toContain(`./stack remove --only 'Ada'\\''s things' --yes`);
  });

  it('asks the one who is there, and runs at their yes alone; never where a program reads', async () => {
    const wasRun: string[] = [];
    const asked: string[] = [];
    const command = remover(wasRun, [{ action: 'remove a' }]);
    const answering = (answer: boolean) => (question: string) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    const { signal } = new AbortController();
    expect(await type(['remove'], [command], signal, answering(false))).toMatchObject({ exitCode: 3 });
    expect(wasRun).toEqual([]);
    expect(await type(['remove'], [command], signal, answering(true))).toMatchObject({ exitCode: 0 });
    expect(wasRun).toEqual(['remove']);
    expect(asked).toEqual(Array(2).fill('the things are gone afterwards\nremove: go on?'));
    expect(await type(['remove', '--json'], [command], signal, answering(true))).toMatchObject({
      exitCode: 3,
    });
    expect(asked).toHaveLength(2);
  });

  it('asks only where it says what is at stake here, and repeats that', async () => {
    const wasRun: string[] = [];
    const atStake = (words: string | undefined) => ({
      ...remover(wasRun, [{ action: 'remove a' }]),
      asks: async () => words,
    });
    const refused = await type(['remove'], [atStake('acme is served here')]);
    expect(refused).toMatchObject({ exitCode: 3, err: expect.stringContaining('acme is served here') });
    expect(wasRun).toEqual([]);
    expect((await type(['remove'], [atStake(undefined)])).exitCode).toBe(0);
    expect((await type(['remove', '--yes'], [atStake('acme is served here')])).exitCode).toBe(0);
    expect(wasRun).toEqual(['remove', 'remove']);
  });
});

describe('a failing command', () => {
  it.each([
    [new Error('boom'), 1],
    ['a thrown text', 1],
    [new PreconditionError({ what: 'no engine' }), 3],
    [new LockedError({ what: 'locked' }), 4],
  ])('exits with the code of its error: %s', async (error, exitCode) => {
    expect((await type(['fail'], [failing(error)])).exitCode).toBe(exitCode);
  });

  it('says what, why and what to type next', async () => {
    const error = new PreconditionError({
      what: 'no engine',
      why: 'docker is absent',
      next: './stack engine',
    });
    const { err, out } = await type(['fail', '--json'], [failing(error)]);
    expect(err).toBe('error: no engine\nwhy:   docker is absent\nnext:  ./stack engine\n');
    expect(JSON.parse(out)).toEqual({
      error: { what: 'no engine', why: 'docker is absent', next: './stack engine' },
    });
  });

  it('says plainly that the disk is full', async () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect((await type(['fail'], [failing(error)])).err).toContain('why:   the disk is full');
  });

  it('shows no secret of the error', async () => {
    const { err } = await type(['fail'], [failing(new Error('postgres://u:hunter22@db/x refused'))]);
    expect(err).not.toContain('hunter22');
  });

  it('exits 130 when it failed because the user interrupted it', async () => {
    const interruption = new AbortController();
    interruption.abort();
    expect((await type(['fail'], [failing(new Error('aborted'))], interruption.signal)).exitCode).toBe(130);
  });
});
