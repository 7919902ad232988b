import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Operator } from '../embedded/operator.ts';
import { legacyKeyOf, newKeyOf } from './keyInput.ts';
import { nameOf } from './nameOf.ts';
import { OWN_TENANTS } from './ownTenants.ts';
import { lookBeforeCreating } from './planTenant.ts';

it('makes no tenant by a name that a command keeps for itself, and names another', async () => {
  // Nothing is asked of the database.
  const operator = {} as Operator;
  for (const name of OWN_TENANTS) {
    await expect(lookBeforeCreating(operator, [name])).rejects.toMatchObject({
      message: `no tenant of yours may be called ${name}`,
      next: `./stack tenant create my-${name}`,
    });
  }
});

it('makes no tenant and no key by a name that a terminal would show as another, or that holds a key', async () => {
  // Nothing is asked of the database.
  const operator = {} as Operator;
  const key = `ok_live_0aZ9bY8c_${'a'.repeat(32)}_43pCaI`;
  for (const name of ['', 'a\u001b[31mb', 'a\u009bb', 'a\u202eb', 'a\u2028b', 'x'.repeat(201), `of ${key}`]) {
    const refusal = {
      exitCode: 2,
      message: 'the name cannot be taken',
      why: expect.not.stringContaining(key),
    };
    await expect(lookBeforeCreating(operator, [name])).rejects.toMatchObject(refusal);
    expect(() => nameOf(name)).toThrow(expect.objectContaining(refusal));
  }
  expect(nameOf('Zoë 名前')).toBe('Zoë 名前');
});

it('takes the end of a key as a date, or as RFC 3339 has it, in the future', () => {
  const operator = { clock: { epochMs: () => Date.parse('2026-12-01T00:00:00Z') } } as Operator;
  const endOf = (expires: string) =>
    newKeyOf({ operator, tenant: { id: 't', name: 't' }, keyId: undefined, flags: flags(expires) } as never)
      .expiresAt;
  expect(endOf('2027-01-31')).toBe('2027-01-31T00:00:00.000Z');
  expect(endOf('2027-01-31t12:00:00+02:00')).toBe('2027-01-31T10:00:00.000Z');
  expect(endOf('2026-12-31T23:59:60z')).toBe('2027-01-01T00:00:00.000Z');
  for (const wrong of ['2027', '2027-02-30', '31.1.2027', 'tomorrow', '2026-11-30', '2027-01-31T10:00', '']) {
    expect(() => endOf(wrong)).toThrow('--expires is not a date in the future');
  }
});

it('makes and imports no key whose scopes nobody named, or that routes to come would open for', () => {
  const operator = {} as Operator;
  const tenant = { id: 't', name: 'acme' };
  const refused = {
    exitCode: 2,
    why: expect.stringMatching(/^there are: ingest:write, ingest:read, policies:read, /),
  };
  const makers = { create: newKeyOf, import: legacyKeyOf };
  for (const [verb, make] of Object.entries(makers)) {
    const next = `./stack key ${verb} acme --scope ingest:write`;
    for (const scope of [[], ['admin'], ['ingest:write', 'reviews:write'], ['']]) {
      const input = { operator, tenant, keyId: undefined, flags: { ...flags(), scope } } as never;
      expect(() => make(input)).toThrow(expect.objectContaining({ ...refused, next }));
    }
  }
});

it('makes no key that could not be written to its file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'origin-stack-out-'));
  try {
    const file = join(folder, 'a file');
    await writeFile(file, 'another key');
    const makeTo = (out: string) =>
      newKeyOf({ operator: {}, tenant: { id: 't', name: 't' }, flags: { ...flags(), out } } as never);
    for (const out of ['', file, folder, join(folder, 'missing', 'key'), join(file, 'key')]) {
      expect(() => makeTo(out)).toThrow(expect.objectContaining({ next: 'name a new file with --out' }));
    }
    expect(makeTo(join(folder, 'new')).scopes).toEqual(['ingest:write']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const flags = (expires?: string) => ({
  name: 'k',
  scope: ['ingest:write'],
  expires,
  out: undefined,
  prefix: undefined,
  digest: undefined,
});
