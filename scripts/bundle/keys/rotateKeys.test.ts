import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseApiKey } from '@origin-stack/core/domain/keys/apiKey';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { changeKeys } from './changeKeys.ts';
import { appendKeyEvents, readKeyAudit } from './keyAudit.ts';
import { MAX_BACKUPS } from './keyBackups.ts';
import { eventOf, rotationOf } from './keyRotation.ts';
import { stateOf } from './keyState.ts';
import { keyStatus } from './keyStatus.ts';
import { rotateKeys } from './rotateKeys.ts';
import { SERVICE_KEYS, type ServiceName } from './serviceKeys.ts';
import { beforeLists, makeKeyFiles, openedBy, quietContext, readKey } from './test/keyFiles.ts';

// Files alone: with the bundle down nobody is asked. scripts/bundle/test/serviceKeys.test.ts has it under load.

const PAGE_BYTES = 4096;

let dir: BundleDir;
beforeEach(async () => {
  dir = await makeKeyFiles();
});

const rotate = (...services: ServiceName[]) => rotateKeys(dir, services, quietContext());
const secret = (path: string) => join(dir.secrets, path);
const keyOf = (path: string) => readKey(dir, path);
const opens = (key: string) => openedBy(dir, key);

const PROMETHEUS = 'prometheus/service-key';

describe('a rotation', () => {
  test('puts a new key at the one place, for the one reader, and lists it alone', async () => {
    const old = keyOf(PROMETHEUS);
    const others = ['operator/operator-key', 'cron/service-key'].map(keyOf);
    await rotate('prometheus');
    const fresh = keyOf(PROMETHEUS);
    expect(fresh).not.toBe(old);
    expect(parseApiKey(fresh)).toMatchObject({ kind: 'svc' });
    expect(await lstat(secret(PROMETHEUS))).toMatchObject({ mode: 0o100400, uid: 10080, gid: 10080 });
    expect(opens(fresh)).toEqual(['prometheus', 'prometheus']);
    expect(opens(old)).toEqual([undefined, undefined]);
    expect(others.map(opens)).toEqual([
      ['operator', 'operator'],
      ['cron', 'cron'],
    ]);
  });

  test('keeps the old key where the operator alone reads it', async () => {
    const old = keyOf(PROMETHEUS);
    await rotate('prometheus');
    const [file = ''] = await readdir(secret('backups'));
    expect(keyOf(`backups/${file}`)).toBe(old);
    expect((await lstat(secret(`backups/${file}`))).mode).toBe(0o100400);
    expect((await lstat(secret('backups'))).mode).toBe(0o40700);
  });

  test('keeps the newest backups of each service, none that is too old, and what is not its own', async () => {
    await rotate('cron');
    const [ofCron = ''] = await readdir(secret('backups'));
    await writeFile(secret('backups/cron-20200101T000000Z-0aZ9bY8c.key'), 'old');
    await writeFile(secret('backups/prometheus.key.mine'), 'mine');
    const written: string[] = [];
    for (let i = 0; i <= MAX_BACKUPS; i += 1) {
      written.push(keyOf(PROMETHEUS).split('_')[2] ?? '');
      await rotate('prometheus');
    }
    const kept = await readdir(secret('backups'));
    const ofPrometheus = kept.filter((file) => file.startsWith('prometheus-'));
    expect(ofPrometheus).toHaveLength(MAX_BACKUPS);
    expect(ofPrometheus.some((file) => file.endsWith(`-${written.at(-1)}.key`))).toBe(true);
    expect(kept).toContain(ofCron);
    expect(kept).toContain('prometheus.key.mine');
    expect(kept).not.toContain('cron-20200101T000000Z-0aZ9bY8c.key');
  });

  test('writes a line with both keys by prefix and fingerprint, and the chain of all lines verifies', async () => {
    const old = keyOf(PROMETHEUS);
    await rotate('prometheus', 'cron');
    const text = await readFile(join(dir.audit, 'api-keys.log'), 'utf8');
    const texts = text.trimEnd().split('\n');
    const fingerprint = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 16);
    const fresh = keyOf(PROMETHEUS);
    expect(JSON.parse(texts.at(-2) ?? '')).toMatchObject({
      action: 'rotate',
      service: 'prometheus',
      key_prefix: fresh.slice(0, 'ok_svc_12345678'.length),
      fingerprint: fingerprint(fresh),
      old_key_prefix: old.slice(0, 'ok_svc_12345678'.length),
      old_fingerprint: fingerprint(old),
      backup: expect.stringMatching(/^backups\/prometheus-\d{8}T\d{6}Z-.{8}\.key$/),
      result: 'ok',
    });
    let prev = '0'.repeat(64);
    for (const line of texts) {
      expect(JSON.parse(line).prev).toBe(prev);
      prev = createHash('sha256').update(line).digest('hex');
    }
    expect(text).not.toContain(fresh);
    expect(text).not.toContain(old);
    expect((await lstat(join(dir.audit, 'api-keys.log'))).mode).toBe(0o100600);
    expect((await lstat(dir.audit)).mode).toBe(0o40700);
  });

  test('of a service without a key says how to make one', async () => {
    await rm(secret(PROMETHEUS));
    await expect(rotate('prometheus', 'cron')).rejects.toMatchObject({
      message: 'there is no key of prometheus',
      next: './stack generate-api-key',
    });
  });
});

describe('a rotation that was cut short', () => {
  // Every point at which a kill leaves files in another order, by the writes that come before it.
  const CUTS: [string, () => Promise<void>][] = [
    [
      'after the next key was written and before it was listed',
      () => beforeLists(dir, ['api', 'worker'], () => changeKeys(dir, 'stage', ['prometheus'])),
    ],
    [
      'between the two lists',
      () => beforeLists(dir, ['worker'], () => changeKeys(dir, 'stage', ['prometheus'])),
    ],
    ['before the new key took its place', async () => void (await changeKeys(dir, 'stage', ['prometheus']))],
    [
      'after the new key took its place',
      async () => {
        await changeKeys(dir, 'stage', ['prometheus']);
        await changeKeys(dir, 'promote');
      },
    ],
    [
      'behind its audit line and before the lists of the end',
      async () => {
        const states = await changeKeys(dir, 'stage', ['prometheus']);
        await changeKeys(dir, 'promote');
        await appendKeyEvents(dir, [eventOf(rotationOf(stateOf(states, 'prometheus')), 'ok')]);
      },
    ],
    [
      'between the two lists of the end',
      async () => {
        await changeKeys(dir, 'stage', ['prometheus']);
        await changeKeys(dir, 'promote');
        await beforeLists(dir, ['worker'], () => changeKeys(dir, 'settle'));
      },
    ],
  ];

  test.each(CUTS)('%s is named by the status and finished by the next run', async (_, cut) => {
    const old = keyOf(PROMETHEUS);
    await cut();
    // Whatever the point, the key that its owner reads now is one that every listener takes.
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect(await keyStatus(dir, Date.now())).toMatchObject({ exitCode: 1 });
    const { resumed } = await rotate('cron');
    expect(resumed).toEqual(['prometheus']);
    const fresh = keyOf(PROMETHEUS);
    expect(opens(fresh)).toEqual(['prometheus', 'prometheus']);
    expect(opens(old)).toEqual([undefined, undefined]);
    expect(await readdir(secret('prometheus'))).not.toContain('service-key.next');
    const { lines, problem } = await readKeyAudit(dir);
    expect(problem).toBeUndefined();
    const own = lines.filter(({ service }) => service === 'prometheus');
    expect(own.map(({ action, result }) => `${action} ${result}`)).toEqual(['generate ok', 'rotate ok']);
    expect(own.at(-1)).toMatchObject({
      action: 'rotate',
      key_prefix: fresh.slice(0, 'ok_svc_12345678'.length),
      old_key_prefix: old.slice(0, 'ok_svc_12345678'.length),
      backup: expect.stringContaining(old.split('_')[2] ?? '?'),
    });
    expect(await keyStatus(dir, Date.now())).toMatchObject({ exitCode: 0 });
  });

  test('keeps the old key valid until every caller had time to change', async () => {
    const old = keyOf(PROMETHEUS);
    await changeKeys(dir, 'stage', ['prometheus']);
    await changeKeys(dir, 'promote');
    await changeKeys(dir, 'stage', ['cron']);
    expect(opens(old)).toEqual(['prometheus', 'prometheus']);
  });

  test('leaves no file behind that holds a key', async () => {
    await mkdir(secret('backups'), { mode: 0o700 });
    const left = [
      `${PROMETHEUS}.0123456789ab.tmp`,
      `${PROMETHEUS}.next.0123456789ab.tmp`,
      'api/service-keys.json.0123456789ab.tmp',
      'backups/cron-20261101T000000Z-0aZ9bY8c.key.0123456789ab.tmp',
    ];
    for (const path of [...left, 'backups/mine.0123456789ab.tmp']) await writeFile(secret(path), 'half');
    await changeKeys(dir, 'look');
    expect(keyOf(left[0] ?? '')).toBe('half');
    await rotate('prometheus');
    for (const path of left) expect(await readdir(dirname(secret(path)))).not.toContain(basename(path));
    expect(keyOf('backups/mine.0123456789ab.tmp')).toBe('half');
  });

  test('is that service’s rotation: the run that finishes it makes no further key', async () => {
    await changeKeys(dir, 'stage', ['prometheus']);
    const next = keyOf(`${PROMETHEUS}.next`);
    await rotate('prometheus');
    expect(keyOf(PROMETHEUS)).toBe(next);
    expect(await readdir(secret('backups'))).toHaveLength(1);
  });
});

describe('what cannot be is refused, and nothing changes', () => {
  const BAD: [string, () => Promise<unknown>, RegExp][] = [
    [
      'a key that is a link',
      async () => {
        await rename(secret(PROMETHEUS), secret('prometheus/elsewhere'));
        await symlink('elsewhere', secret(PROMETHEUS));
      },
      /service-key is a symbolic link/,
    ],
    ['a key of another owner', () => chown(secret(PROMETHEUS), 0, 0), /chown 10080:10080/],
    ['a key that others may read', () => chmod(secret(PROMETHEUS), 0o444), /chmod 400/],
    ['a folder that others may enter', () => chmod(secret('prometheus'), 0o755), /chmod 700/],
    ['a list of another owner', () => chown(secret('worker/service-keys.json'), 0, 0), /chown 10002:10002/],
    [
      'an audit log that is a link',
      async () => {
        await rename(join(dir.audit, 'api-keys.log'), join(dir.audit, 'other'));
        await symlink('other', join(dir.audit, 'api-keys.log'));
      },
      /it is a symbolic link/,
    ],
    [
      'an audit log that cannot be written',
      async () => {
        await rm(join(dir.audit, 'api-keys.log'));
        await mkdir(join(dir.audit, 'api-keys.log'));
      },
      /EISDIR/,
    ],
  ];

  test.each(BAD)('%s', async (_, spoil, why) => {
    await spoil();
    const before = [keyOf(PROMETHEUS), keyOf('api/service-keys.json')];
    await expect(rotate('prometheus')).rejects.toMatchObject({
      exitCode: 3,
      why: expect.stringMatching(why),
    });
    expect([keyOf(PROMETHEUS), keyOf('api/service-keys.json')]).toEqual(before);
    expect(await readdir(secret('prometheus'))).not.toContain('service-key.next');
  });

  test('a full disk: nothing is begun however little room there is, no audit line is cut, and with room again it is done', async () => {
    const bytes = execFileSync('du', ['-sk', dir.root]).toString().split('\t')[0];
    const full = mkdtempSync(join(tmpdir(), 'origin-keys-full-'));
    onTestFinished(() => rmSync(full, { recursive: true }));
    mount('-t', 'tmpfs', '-o', `size=${Number(bytes) + 8192}k`, 'origin-full', full);
    execFileSync('cp', ['-a', `${dir.root}/.`, full]);
    dir = locateBundle(full);
    const ballast = join(full, 'ballast');
    const filling = writeFile(ballast, Buffer.alloc(64 << 20));
    await expect(filling).rejects.toMatchObject({ code: 'ENOSPC' });
    const log = join(dir.audit, 'api-keys.log');
    const before = await readFile(log, 'utf8');
    const almostAPage = `${before}${'x'.repeat(PAGE_BYTES - 10 - (before.length % PAGE_BYTES))}\n`;
    await writeFile(log, almostAPage);
    const line = eventOf(rotationOf(stateOf(await changeKeys(dir, 'look'), 'cron')), 'failed');
    await expect(appendKeyEvents(dir, [line])).rejects.toMatchObject({
      why: expect.stringContaining('ENOSPC'),
    });
    expect(await readFile(log, 'utf8')).toBe(almostAPage);
    await writeFile(log, before);

    const old = keyOf(PROMETHEUS);
    for (const room of [0, 1, 2, 5, 100]) {
      await truncate(ballast, statSync(ballast).size - room * PAGE_BYTES);
      await expect(rotate('prometheus', 'cron'), `${room}`).rejects.toMatchObject({
        exitCode: 3,
        why: expect.stringContaining('ENOSPC'),
      });
      expect([keyOf(PROMETHEUS), (await readdir(secret('prometheus'))).includes('service-key.next')]).toEqual(
        [old, false],
      );
    }
    await rm(ballast);
    await rotate('prometheus');
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect(opens(old)).toEqual([undefined, undefined]);
    expect((await readKeyAudit(dir)).problem).toBeUndefined();
  });

  test('a new key that cannot be written: those of other services are taken back', async () => {
    const folder = secret('cron');
    mount('--bind', folder, folder);
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
    const lists = [keyOf('api/service-keys.json'), keyOf('worker/service-keys.json')];
    await expect(rotate('prometheus', 'cron')).rejects.toThrow('EROFS');
    expect(await readdir(secret('prometheus'))).not.toContain('service-key.next');
    expect([keyOf('api/service-keys.json'), keyOf('worker/service-keys.json')]).toEqual(lists);
  });
});

/** For the length of this test. */
function mount(...args: string[]): void {
  const at = args.at(-1) ?? '';
  execFileSync('mount', args);
  onTestFinished(() => {
    execFileSync('umount', [at]);
  });
}

test('to undo takes away what waits, and leaves valid what an earlier run had put in its place', async () => {
  const [old, oldOfCron] = [keyOf(PROMETHEUS), keyOf('cron/service-key')];
  await changeKeys(dir, 'stage', ['prometheus']);
  await changeKeys(dir, 'promote');
  await changeKeys(dir, 'stage', ['cron']);
  const nextOfCron = keyOf('cron/service-key.next');
  await changeKeys(dir, 'undo');
  expect(opens(old)).toEqual(['prometheus', 'prometheus']);
  expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
  expect(opens(oldOfCron)).toEqual(['cron', 'cron']);
  expect(opens(nextOfCron)).toEqual([undefined, undefined]);
  expect((await rotate('operator')).resumed).toEqual(['prometheus']);
});

describe('the audit log', () => {
  test('shows a line that was changed, one that is missing, and one that was cut short', async () => {
    await rotate('prometheus');
    const file = join(dir.audit, 'api-keys.log');
    const text = await readFile(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const problemWith = async (content: string) => {
      await writeFile(file, content);
      return (await readKeyAudit(dir)).problem;
    };
    expect(await problemWith(text)).toBeUndefined();
    expect(await problemWith(text.replace('"operator"', '"somebody"'))).toBe(
      'line 2 does not follow from the line before it',
    );
    expect(await problemWith([lines[0], ...lines.slice(2)].join('\n'))).toContain('line 2');
    expect(await problemWith(`${text}{"ts":"2026`)).toBe(`line ${lines.length + 1} is no audit line`);
  });

  test('goes on behind a line that was cut short, and does not hide it', async () => {
    const file = join(dir.audit, 'api-keys.log');
    const count = (await readFile(file, 'utf8')).trimEnd().split('\n').length;
    await writeFile(file, '{"ts":"2026', { flag: 'a' });
    await rotate('prometheus');
    const { lines, problem } = await readKeyAudit(dir);
    expect(lines.at(-1)).toMatchObject({ action: 'rotate', service: 'prometheus' });
    expect(problem).toBe(`line ${count + 1} is no audit line`);
  });
});

test('the status counts the age from the audit line, and says when a key is due', async () => {
  const { data } = await keyStatus(dir, Date.now() + 91 * 86_400_000);
  expect(data).toMatchObject({
    keys: SERVICE_KEYS.map(({ service }) => ({ service, age_days: 91, state: 'due' })),
  });
  await rotate('prometheus');
  const { lines } = await readKeyAudit(dir);
  const now = await keyStatus(dir, Date.now());
  expect(now.data).toMatchObject({ audit: { lines: 5, problem: null } });
  expect(JSON.stringify(now.data)).toContain(lines.at(-1)?.ts);
  expect(now.exitCode).toBe(0);
});
