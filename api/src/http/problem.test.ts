import type { Db } from '@origin-stack/core/domain/ports';
import { createDatabase } from '@origin-stack/core/infra/database';
import { createTestDatabase } from '@origin-stack/testkit/database';
import { expect, onTestFinished, test } from 'vitest';
import { toDomainError } from './problem.ts';

async function openDatabase(): Promise<{ db: Db; kill: (pid: number) => Promise<unknown> }> {
  const database = await createTestDatabase();
  const open = () =>
    createDatabase({
      url: database.ownerUrl,
      applicationName: 'problem-test',
      min: 0,
      max: 1,
      acquireTimeoutMs: 5_000,
      maxLifetimeMs: 600_000,
    });
  const [db, killer] = [open(), open()];
  onTestFinished(async () => {
    await Promise.all([db.destroy(), killer.destroy()]);
    await database.drop();
  });
  return { db, kill: async (pid) => await killer.raw('select pg_terminate_backend(?)', [pid]) };
}

const failureOf = (work: PromiseLike<unknown>): Promise<Error> =>
  Promise.resolve(work).then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );

test('what fails since the database went away is its fault and may be repeated, also a statement or rollback after that', async () => {
  const { db, kill } = await openDatabase();
  const failures: Error[] = [];
  const whole = db.transaction(async (transaction) => {
    const { rows } = await transaction.raw('select pg_backend_pid() as pid');
    await kill(rows[0].pid);
    for (const text of ['select 1', 'select 2']) failures.push(await failureOf(transaction.raw(text)));
    throw failures[0];
  });
  failures.push(await failureOf(whole));
  expect(failures.map(({ message }) => message).join()).toContain('ROLLBACK - Client has encountered');
  for (const failure of failures) {
    expect(toDomainError(failure), failure.message).toMatchObject({ code: 'dependency_unavailable' });
  }
});

test('a mistake of ours in a statement is none of the database', async () => {
  const { db } = await openDatabase();
  const failure = await failureOf(db.raw('select nothing from nowhere'));
  expect(toDomainError(failure)).toMatchObject({ code: 'internal' });
});

const raise = (code: string) => `do $$ begin raise exception 'refused' using errcode = '${code}'; end $$`;

const MAY_BE_REPEATED =
  '08006 25006 25P03 25P04 26000 28P01 3D000 40001 40P01 42P05 53100 53200 53300 55P03 57014 57P01 57P03 57P05 58030';
const ARE_OURS = '0A000 22003 23505 42501 42P01 XX000 P0001';

test('that PostgreSQL cannot serve now may be repeated, that a statement was wrong may not', async () => {
  const { db } = await openDatabase();
  const judged = async (code: string) => {
    const failure = await failureOf(db.raw(raise(code)));
    expect(failure).toMatchObject({ code });
    return toDomainError(failure);
  };
  for (const code of MAY_BE_REPEATED.split(' ')) {
    const error = await judged(code);
    expect(error, code).toMatchObject({ code: 'dependency_unavailable', retryAfterSeconds: 2 });
  }
  for (const code of ARE_OURS.split(' ')) {
    expect(await judged(code), code).toMatchObject({ code: 'internal' });
  }
});
