import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createProgress } from '../../lib/progress.ts';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { initBundle, readChoices } from '../initBundle.ts';
import { makeInstallation } from '../makeInstallation.ts';
import { changeKeys } from './changeKeys.ts';
import { generateKeys } from './generateKeys.ts';
import { readKeyAudit } from './keyAudit.ts';
import { keyStatus } from './keyStatus.ts';
import { madeKeys, recordMade } from './madeKeys.ts';
import { rotateKeys } from './rotateKeys.ts';
import { LIST_FILE, LIST_HOLDERS, SERVICE_KEYS } from './serviceKeys.ts';
import { beforeLists, makeKeyFiles, openedBy, readKey } from './test/keyFiles.ts';

let dir: BundleDir;
beforeEach(async () => {
  dir = await makeKeyFiles();
});

const secret = (path: string) => join(dir.secrets, path);
const keyOf = (path: string) => readKey(dir, path);
const opens = (key: string) => openedBy(dir, key);

const PAGE_BYTES = 4096;
const PROMETHEUS = 'prometheus/service-key';

describe('generate', () => {
  const SERVICES = SERVICE_KEYS.map(({ service }) => service);
  const CUTS: [string, () => Promise<unknown>][] = [
    ['before its line', () => changeKeys(dir, 'stage', ['prometheus'])],
    [
      'behind its line',
      async () => {
        const states = await changeKeys(dir, 'stage', ['prometheus']);
        await recordMade(dir, madeKeys(states, ['prometheus']));
      },
    ],
    [
      'before a list knows the key',
      () => beforeLists(dir, ['api', 'worker'], () => changeKeys(dir, 'generate', ['prometheus'])),
    ],
    [
      'between the two lists',
      () => beforeLists(dir, ['worker'], () => changeKeys(dir, 'generate', ['prometheus'])),
    ],
  ];

  test.each(CUTS)('that was cut short %s is named by the status and finished by the next', async (_, cut) => {
    await rm(secret(PROMETHEUS));
    await cut();
    expect(await keyStatus(dir, Date.now())).toMatchObject({ exitCode: 1 });
    const made = await generateKeys(dir, SERVICES);
    expect(made.map(({ service }) => service)).toEqual(['prometheus']);
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect(await readdir(secret('prometheus'))).not.toContain('service-key.next');
    const { lines } = await readKeyAudit(dir);
    const own = lines.filter(({ service }) => service === 'prometheus');
    expect(own.map(({ action }) => action)).toEqual(['generate', 'generate']);
    expect(keyOf(PROMETHEUS)).toContain(own.at(-1)?.key_prefix);
    expect(await keyStatus(dir, Date.now())).toMatchObject({ exitCode: 0 });
    expect(await generateKeys(dir, SERVICES)).toEqual([]);
  });

  test('makes a key that was lost, which then counts alone, and leaves the others', async () => {
    const [lost, cron] = [keyOf(PROMETHEUS), keyOf('cron/service-key')];
    await rm(secret(PROMETHEUS));
    const made = await generateKeys(
      dir,
      SERVICE_KEYS.map(({ service }) => service),
    );
    expect(made.map(({ service }) => service)).toEqual(['prometheus']);
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect(opens(lost)).toEqual([undefined, undefined]);
    expect(keyOf('cron/service-key')).toBe(cron);
    expect((await readKeyAudit(dir)).lines.at(-1)).toMatchObject({
      action: 'generate',
      service: 'prometheus',
    });
  });

  test('is what init does for a key that was lost', async () => {
    const lost = keyOf(PROMETHEUS);
    await rm(secret(PROMETHEUS));
    await initBundle(dir, {});
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect(opens(lost)).toEqual([undefined, undefined]);
    expect((await readKeyAudit(dir)).lines.at(-1)).toMatchObject({
      action: 'generate',
      service: 'prometheus',
    });
  });
});

describe('init', () => {
  const keys = SERVICE_KEYS.map(({ folder, file }) => `${folder}/${file}`);

  test('that gets no line into the audit log leaves keys that open nothing, and the next one finishes it', async () => {
    const root = await mkdtemp(join(tmpdir(), 'origin-keys-cut-'));
    onTestFinished(() => rm(root, { recursive: true }));
    dir = locateBundle(root);
    const choices = { project: 'origin-keys-of-nobody' };
    const { input } = await readChoices(dir, choices);
    await makeInstallation(input);
    await mkdir(dir.audit);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${PAGE_BYTES}`, 'origin-full', dir.audit]);
    try {
      await writeFile(join(dir.audit, 'filler'), Buffer.alloc(PAGE_BYTES));
      await expect(initBundle(dir, choices)).rejects.toMatchObject({
        why: expect.stringContaining('ENOSPC'),
      });
    } finally {
      execFileSync('umount', [dir.audit]);
    }
    for (const path of keys) expect(opens(keyOf(path)), path).toEqual([undefined, undefined]);
    await initBundle(dir, choices);
    for (const [index, path] of keys.entries()) {
      const service = SERVICE_KEYS[index]?.service;
      expect(opens(keyOf(path)), path).toEqual([service, service]);
    }
    const { lines } = await readKeyAudit(dir);
    expect(lines.map(({ action, service }) => `${action} ${service}`)).toEqual(
      SERVICE_KEYS.map(({ service }) => `generate ${service}`),
    );
    for (const [index, path] of keys.entries()) expect(keyOf(path)).toContain(lines[index]?.key_prefix);
    await initBundle(dir, choices);
    expect((await readKeyAudit(dir)).lines).toEqual(lines);
  });

  test('lists keys anew whose list was lost, and does not say that it made them', async () => {
    const context = {
      progress: createProgress({ write() {}, live: false, color: false }),
      signal: new AbortController().signal,
    };
    await rotateKeys(dir, ['prometheus'], context);
    const { lines } = await readKeyAudit(dir);
    for (const holder of LIST_HOLDERS) await rm(secret(`${holder}/${LIST_FILE}`));
    await initBundle(dir, {});
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect((await readKeyAudit(dir)).lines).toEqual(lines);
  });
});
