/** The parts of knex's PostgreSQL dialect that tenantClient.ts extends; knex ships no types for them. */
declare module 'knex/lib/dialects/postgres/index.js' {
  export default class PostgresClient {
    constructor(config: unknown);
    transaction(container: unknown, config: { tenantId?: unknown } | undefined, outer: unknown): unknown;
    acquireRawConnection(): Promise<object>;
    _query(connection: object, query: unknown): Promise<unknown>;
  }
}

declare module 'knex/lib/dialects/postgres/execution/pg-transaction.js' {
  export default class PostgresTransaction {
    constructor(
      client: unknown,
      container: unknown,
      config: { tenantId?: unknown } | undefined,
      outer: unknown,
    );
    begin(connection: unknown): Promise<unknown>;
    query(connection: unknown, sql: string): Promise<unknown>;
  }
}
