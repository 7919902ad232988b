/** The SQLSTATE of an error of PostgreSQL; empty where it is none (PostgreSQL 17, appendix A). */
const sqlStateOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/**
 * Whether an error of Postgres speaks of the rows that were written (SQLSTATE class 22, data, and 23, constraints):
 * then the other rows of a shared transaction deserve a try of their own.
 */
export const isItemsFault = (error: unknown): boolean => /^2[23][0-9A-Z]{3}$/.test(sqlStateOf(error));

/** Connection errors, shutdowns and ended sessions; 53200: a new session has its memory to itself again. */
const SESSION_IS_OVER = /^(08...|57P0[1-5]|25P0[34]|53200)$/;
/** A named statement that the session does not know, or knows already: a pooler handed it to another server session. */
const NAME_IS_LOST = /^(26000|42P05)$/;
/** Read-only (a standby, or an operator's guard against a full disk), the full disk itself, and a failing one. */
const SERVER_REFUSES = /^(25006|53100|58000|58030)$/;
/** No session came about: a login or a database that the server does not know, such as a half-restored one. */
const NO_SESSION = /^(28000|28P01|3D000)$/;
/** What may be done again as it is: resources, locks, deadlocks, the statement timeout, an unknown end. */
const MAY_BE_REPEATED = /^(53...|55P03|57014|40001|40003|40P01)$/;

/** Whether a prepared statement belongs to an older schema: it fails in this session for ever, and in a new one works. */
const isStalePlan = (error: unknown): boolean =>
  sqlStateOf(error) === '0A000' && (error as { routine?: unknown }).routine === 'RevalidateCachedQuery';

export const isNameLost = (error: unknown): boolean => NAME_IS_LOST.test(sqlStateOf(error));

/** Whether the session that said it has no further use. */
export const endsSession = (error: unknown): boolean =>
  SESSION_IS_OVER.test(sqlStateOf(error)) || isNameLost(error) || isStalePlan(error);

/** Whether the server behind the session cannot do its work: a new connection may lead to another, after a failover. */
export const blamesServer = (error: unknown): boolean => SERVER_REFUSES.test(sqlStateOf(error));

/** Whether the database cannot serve now and nobody made a mistake: the same may be asked again. */
export function isDatabaseAway(error: unknown): boolean {
  const code = sqlStateOf(error);
  return endsSession(error) || blamesServer(error) || NO_SESSION.test(code) || MAY_BE_REPEATED.test(code);
}

/** The session takes no writes. The SQLSTATE is the one that a write would have met. */
export class ReadOnlyError extends Error {
  readonly code = '25006';

  constructor() {
    super('the database takes no writes: it is a standby, or set to be read-only');
    this.name = 'ReadOnlyError';
  }
}

export const isDiskFull = (error: unknown): boolean => sqlStateOf(error) === '53100';

/** The database's disk is full. The SQLSTATE is the one that a write meets. */
export class NoRoomError extends Error {
  readonly code = '53100';

  constructor() {
    super('the database takes no writes: its disk is full');
    this.name = 'NoRoomError';
  }
}
