import type pg from 'pg';
import { StartError } from './runProcess.ts';

/** What a session of ours sets. */
export interface Session {
  /** By name, each as PostgreSQL itself shows the value. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * The message that begins a transaction: every one sets what it depends on for itself. So it holds behind a pooler
   * too, which gives each transaction another session; it costs no round trip and about 20 µs.
   */
  readonly begin: string;
}

function sessionOf(settings: Session['settings']): Session {
  const sets = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${literal(value)}`);
  return { settings, begin: ['BEGIN ISOLATION LEVEL READ COMMITTED', ...sets].join('; ') };
}

/** The values below hold no quotes; of a list each word is one. */
const literal = (value: string) =>
  value
    .split(', ')
    .map((word) => `'${word}'`)
    .join(', ');

/** What the meaning of our queries and the text of their results depend on; a role, a database or a URL may say otherwise. */
const MEANING = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  // With fewer digits a score would come back as another number than the certificate covers.
  extra_float_digits: '1',
  array_nulls: 'on',
  search_path: 'public',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
};

export const SERVICE_SESSION = sessionOf({
  ...MEANING,
  // Planning the request path's statements anew for their values costs more than running them.
  plan_cache_mode: 'force_generic_plan',
  statement_timeout: '30s',
  lock_timeout: '20s',
  idle_in_transaction_session_timeout: '1min',
});

/** A change of the schema takes as long as it takes. */
export const MIGRATION_SESSION = sessionOf({
  ...MEANING,
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
});

interface SessionFacts {
  /** False where a pooler stands between: what the session keeps is lost from one transaction to the next. */
  isDirect: boolean;
}

/**
 * Begins a transaction on a new connection and looks whether its settings hold; where the session is ours alone they are
 * set for statements outside of transactions as well. One round trip. Throws {@link StartError} where they do not hold.
 */
export async function openSession(
  connection: pg.Client,
  { settings, begin }: Session,
): Promise<SessionFacts> {
  // A pooler makes up the process id that it greets with: its servers come and go.
  const greetedPid = Number((connection as unknown as { processID: unknown }).processID ?? 0);
  const pairs = Object.entries(settings);
  const shown = ['server_encoding', ...Object.keys(settings)].map((name) => `current_setting('${name}')`);
  const wanted = pairs.map(([name, value]) => `('${name}', '${value}')`).join(', ');
  const answers = (await connection.query(
    `${begin}; select pg_backend_pid() as pid, array[${shown.join(', ')}] as shown; COMMIT;
     select set_config(name, value, false) from (values ${wanted}) as wanted (name, value)
     where pg_backend_pid() = ${greetedPid}`,
  )) as unknown as pg.QueryResult[];
  const facts = answers.find(({ fields }) => fields[0]?.name === 'pid')?.rows[0];
  const [encoding, ...values]: string[] = facts.shown;
  if (encoding !== 'UTF8') {
    throw new StartError(`the database keeps text in ${encoding}: make one with the encoding UTF8`);
  }
  const lost = pairs.filter(([, value], index) => values[index] !== value).map(([name]) => name);
  if (lost.length > 0) {
    throw new StartError(
      `the database does not keep what a transaction sets (${lost.join(', ')}): ` +
        'what stands before PostgreSQL must pass every statement on, and may pool by session or transaction',
    );
  }
  return { isDirect: facts.pid === greetedPid };
}
