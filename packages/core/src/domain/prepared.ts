import type { Tx } from './ports.ts';

export interface Statement {
  name: string;
  /** With PostgreSQL's own placeholders, `$1` and so on. */
  sql: string;
}

/**
 * Runs a statement that the server prepares once per connection under its name: planning the statements of the request
 * path anew each time would cost more than running them. One name, one text.
 */
export async function prepared<Row>(
  tx: Tx,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const { rows } = await tx.raw(statement.sql).options({ name: statement.name, values });
  return rows;
}

/** A statement written with `?` for each value in turn. */
export function inOrder(name: string, sql: string): Statement {
  let number = 0;
  return {
    name,
    sql: sql.replace(/\?/g, () => {
      number += 1;
      return `$${number}`;
    }),
  };
}
