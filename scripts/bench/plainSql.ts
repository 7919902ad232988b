import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { serviceFiles } from '../embedded/serviceFiles.ts';
import type { Bench } from './part.ts';
import { type RecordedStatement, recordStatements } from './recordStatements.ts';

const CONNECTIONS = 16;
const DURATION_MS = 10_000;

/**
 * Ingests a second by a loop that runs only the SQL of an ingest, on plain `pg` connections: the statements of one real
 * ingest as the service sends them, with new ids and the next sequence each time. No HTTP, no checks, no signature.
 */
export async function plainSqlRate(bench: Bench): Promise<number> {
  const statements = await recordStatements(bench);
  const url = await readFile(serviceFiles(bench.dir).urls.api, 'utf8');
  const endMs = performance.now() + DURATION_MS;
  const startMs = performance.now();
  let done = 0;
  const connection = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      while (performance.now() < endMs) {
        await replay(client, statements);
        done += 1;
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return done / ((performance.now() - startMs) / 1000);
}

/** Runs the statements once more; what was one ingest's own gets a new value. */
async function replay(client: pg.Client, statements: RecordedStatement[]): Promise<void> {
  const renamed = new Map<unknown, unknown>();
  let head: { sequence: number; headHash: string } | undefined;
  const value = (given: unknown, isOwn: (value: unknown) => boolean): unknown => {
    if (Array.isArray(given)) return given.map((one) => value(one, isOwn));
    if (!isOwn(given)) return given;
    if (!renamed.has(given)) renamed.set(given, randomUUID());
    return renamed.get(given);
  };
  for (const { text, name, values, isOwn, sequence } of statements) {
    const next = head ? Number(head.sequence) + 1 : 0;
    const replaced = values.map((one) => {
      const given = value(one, isOwn);
      if (sequence === undefined) return given;
      if (given === sequence) return next;
      return Array.isArray(given) ? given.map((item) => (item === sequence ? next : item)) : given;
    });
    const query = name ? { text, name, values: replaced } : { text, values: replaced };
    const { rows } = await client.query(values.length > 0 ? query : text);
    if (name === 'lock_head') head = rows[0];
  }
}
