import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Log } from './log.ts';
import { openTlsIdentity, type TlsIdentity, type TlsPaths } from './tlsIdentity.ts';

let authority: TestAuthority;
let paths: TlsPaths;
const lines: { message: string; text: string }[] = [];
const note = (fields: object, message: string) => lines.push({ message, text: JSON.stringify(fields) });
const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
const opened: TlsIdentity[] = [];

async function open(more: Partial<TlsPaths> = {}): Promise<TlsIdentity> {
  const identity = await openTlsIdentity({ ...paths, ...more }, { log, lookEveryMs: 20 });
  opened.push(identity!);
  return identity!;
}

beforeAll(async () => {
  authority = await createTestAuthority();
});
afterAll(() => authority.remove());
afterEach(() => {
  for (const identity of opened.splice(0)) identity.close();
  lines.length = 0;
});

async function issue(name: string): Promise<void> {
  const { ca, cert, key } = await authority.issue(name);
  paths = { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_EXTRA_CA_FILE: undefined };
}

describe('the TLS identity', () => {
  test('is none where the settings name none', async () => {
    const none = { ...paths, TLS_CA_FILE: undefined, TLS_CERT_FILE: undefined, TLS_KEY_FILE: undefined };
    expect(await openTlsIdentity(none, { log })).toBeUndefined();
  });

  test('of renewed files comes into force by itself, and tells', async () => {
    await issue('renewed');
    const identity = await open();
    const before = identity.current();
    let changes = 0;
    identity.onChange(() => {
      changes += 1;
    });
    await issue('renewed');
    await eventually(() => identity.current().cert !== before.cert);
    expect(identity.current().cert).toBe(await readFile(paths.TLS_CERT_FILE!, 'utf8'));
    expect(changes).toBe(1);
    expect(lines.at(-1)?.message).toBe('the certificate was renewed');
  });

  test.each([
    ['a key of another certificate', 'TLS_KEY_FILE', (other: TestPair) => other.key],
    ['half a certificate', 'TLS_CERT_FILE', (_: TestPair, own: string) => own.slice(0, own.length / 2)],
    ['an empty key', 'TLS_KEY_FILE', () => ''],
    ['an authority that is none', 'TLS_CA_FILE', () => 'nothing'],
  ] as const)('stays as it was with %s: one line in the log, without the key', async (_, name, wrong) => {
    await issue('own');
    const otherFiles = await authority.issue('other');
    const other = { key: await readFile(otherFiles.key, 'utf8') };
    const identity = await open();
    const before = identity.current();
    const right = await readFile(paths[name]!, 'utf8');
    await writeFile(paths[name]!, wrong(other, right));
    await eventually(() => lines.length > 0);
    expect(identity.current()).toBe(before);
    expect(lines[0]!.text).toContain(name);
    expect(lines[0]!.text).not.toContain('PRIVATE KEY');
    // Time for further looks, which have nothing new to say.
    await delay(200);
    expect(lines).toHaveLength(1);
    await issue('own');
    await eventually(() => lines.at(-1)?.message === 'the certificate was renewed');
  });

  test('survives files that are gone for a moment', async () => {
    await issue('gone');
    const identity = await open();
    const kept = join(authority.dir, 'kept');
    await copyFile(paths.TLS_KEY_FILE!, kept);
    await rm(paths.TLS_KEY_FILE!);
    await eventually(() => lines.length > 0);
    expect(identity.current().key).toBe(await readFile(kept, 'utf8'));
    await copyFile(kept, paths.TLS_KEY_FILE!);
  });

  test('believes further authorities for servers only', async () => {
    await issue('extra');
    const other = await createTestAuthority();
    const identity = await open({ TLS_EXTRA_CA_FILE: other.ca });
    const extra = await readFile(other.ca, 'utf8');
    expect(identity.current().serverCa).toContain(extra);
    expect(identity.current().ca).not.toContain(extra);
    await other.remove();
  });

  test.each([
    ['TLS_KEY_FILE', '/none', 'the TLS file /none cannot be read: ENOENT'],
    ['TLS_CA_FILE', '/etc/passwd', 'TLS_CA_FILE holds no whole certificates'],
  ])('is an error at the start where %s is %s', async (name, path, message) => {
    await issue('start');
    await expect(open({ [name]: path })).rejects.toThrow(message);
  });
});

type TestPair = { key: string };
