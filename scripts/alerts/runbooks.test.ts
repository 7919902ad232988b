import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE_FILE } from '../bundle/bundleDir.ts';
import { doctorChecks } from '../doctor/registry.ts';
import { CHECKOUT } from '../lib/checkout.ts';

const FOLDER = join(CHECKOUT, 'docs', 'runbooks');
const services = Object.keys(parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }).services);
const runbooks = readdirSync(FOLDER).map((file) => ({
  file,
  text: readFileSync(join(FOLDER, file), 'utf8'),
}));
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name ?? '');

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

// That commands, their flags, links and settings exist is told by scripts/docs for every document.
describe.each(runbooks)('the runbook $file', ({ text }) => {
  test('says what is at risk, how to see it, what to do and when it is over', () => {
    expect(found(text, /^## (.+)$/gm)).toEqual(['At risk', 'See', 'Do', 'Over']);
    expect(text.split('\n').length).toBeLessThan(60);
  });

  test('names containers, logs and checks that there are', () => {
    const named = [
      ...found(text, /origin-stack-([a-z0-9-]+)-1\b/g),
      ...found(text, /\.\/stack logs ([a-z][a-z-]*)/g),
    ];
    expect(named.filter((name) => !services.includes(name))).toEqual([]);
    const checks = doctorChecks.map(({ name }) => name);
    const told = [
      ...found(text, /checks? `([a-z-]+)`/g),
      ...found(text, /^\.\/stack doctor +checks? (.+?)(?::.*)?$/gm).flatMap((list) => list.split(/, | and /)),
    ];
    expect(told.filter((name) => !checks.includes(name))).toEqual([]);
  });

  test('asks PostgreSQL what it can answer', async () => {
    for (const sql of found(text, /psql [^"\n]*-c "([^"]+)"/g)) await client.query(sql);
  });
});

test('what a runbook may not name is found', () => {
  const invented = 'docker restart origin-stack-oracle-1 and ./stack logs oracle';
  expect(found(invented, /origin-stack-([a-z0-9-]+)-1\b/g)).toEqual(['oracle']);
  expect(runbooks.flatMap(({ text }) => found(text, /psql [^"\n]*-c "([^"]+)"/g)).length).toBeGreaterThan(4);
});
