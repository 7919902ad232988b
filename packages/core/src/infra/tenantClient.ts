import PostgresTransaction from 'knex/lib/dialects/postgres/execution/pg-transaction.js';
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import type pg from 'pg';
import type { ConnectionTrust } from './connectionTrust.ts';
import { openSession, type Session } from './databaseSession.ts';

const TENANT_ID = /^[0-9a-f-]{36}$/;

type Given = ConstructorParameters<typeof PostgresTransaction>;

/** A transaction that sets its session and names its tenant in the message that begins it: no round trip more. */
class TenantTransaction extends PostgresTransaction {
  readonly #begin: string;
  readonly #tenantId: unknown;

  constructor(...given: Given) {
    super(...given);
    this.#begin = (given[0] as TenantClient).config.session.begin;
    this.#tenantId = given[2]?.tenantId;
  }

  override begin(connection: unknown) {
    const tenantId = this.#tenantId;
    if (tenantId === undefined) return this.query(connection, this.#begin);
    // It goes into SQL as text, since a message of two statements takes no parameters.
    if (typeof tenantId !== 'string' || !TENANT_ID.test(tenantId)) throw new TypeError('not a tenant id');
    return this.query(connection, `${this.#begin}; SET LOCAL app.tenant_id = '${tenantId}'`);
  }
}

/** What this client reads of knex's configuration beside what knex does. */
interface ClientConfig {
  /** Hears how long each query took, failed ones too. */
  onQueryEnd?: (seconds: number) => void;
  /** Hears of each new connection, and what queries failed with. */
  trust: ConnectionTrust;
  /** What every session and transaction sets. */
  session: Session;
}

interface Query {
  sql: string;
  options?: { name?: string | undefined };
}

/** knex's PostgreSQL dialect, whose transactions take `tenantId` in their configuration; it times its queries and learns from their errors. */
export class TenantClient extends PostgresClient {
  // knex makes the client of a transaction without its constructor, but with its configuration.
  declare readonly config: ClientConfig;
  /** True of the client of a transaction. */
  declare readonly transacting?: boolean;

  override async acquireRawConnection() {
    const connection = (await super.acquireRawConnection()) as pg.Client;
    try {
      this.config.trust.opened(connection, await openSession(connection, this.config.session));
      return connection;
    } catch (error) {
      await connection.end().catch(() => {});
      throw error;
    }
  }

  override async _query(connection: object, query: Query) {
    const { trust, onQueryEnd } = this.config;
    const isDirect = trust.isDirect(connection);
    if (query.options?.name && !isDirect) query.options = { ...query.options, name: undefined };
    const startedMs = performance.now();
    try {
      if (isDirect || this.transacting) return await super._query(connection, query);
      return await this.alone(connection, query);
    } catch (error) {
      trust.failed(connection, error);
      throw error;
    } finally {
      onQueryEnd?.((performance.now() - startedMs) / 1000);
    }
  }

  /** A statement outside of transactions on a session that keeps nothing: in a transaction of its own. */
  protected async alone(connection: object, query: Query) {
    await super._query(connection, { sql: this.config.session.begin });
    try {
      const answer = await super._query(connection, query);
      await super._query(connection, { sql: 'COMMIT' });
      return answer;
    } catch (error) {
      // What cannot even be rolled back is not used again; the first error says more.
      await super._query(connection, { sql: 'ROLLBACK' }).catch(() => this.config.trust.ended(connection));
      throw error;
    }
  }

  override transaction(container: unknown, config: Given[2], outer: unknown) {
    return new TenantTransaction(this, container, config, outer);
  }
}
