import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { writeBundleSettings } from '../bundleSettings.ts';
import { initBundle, readChoices } from '../initBundle.ts';
import { makeInstallation } from '../makeInstallation.ts';
import { openTree, writeSecret } from '../secretFiles.ts';
import { changeKeys } from './changeKeys.ts';
import { generateKeys } from './generateKeys.ts';
import { readKeyAudit } from './keyAudit.ts';
import type { KeyName } from './keyName.ts';
import { keyStatus } from './keyStatus.ts';
import { madeKeys, recordMade } from './madeKeys.ts';
import { rotateKeys } from './rotateKeys.ts';
import { LIST_FILE, LIST_HOLDERS, SERVICE_KEYS } from './serviceKeys.ts';
import { beforeLists, makeKeyFiles, openedBy, quietContext, readKey } from './test/keyFiles.ts';

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
    ['before its line', () => withoutRoomForLines(() => generateKeys(dir, ['prometheus']))],
    [
      'behind its line',
      async () => {
        const states = await changeKeys(dir, 'make', ['prometheus']);
        await recordMade(dir, madeKeys(states, ['prometheus']));
      },
    ],
    [
      'before a list knows the key',
      () => beforeLists(dir, ['api', 'worker'], () => generateKeys(dir, ['prometheus'])),
    ],
    ['between the two lists', () => beforeLists(dir, ['worker'], () => generateKeys(dir, ['prometheus']))],
  ];

  test.each(CUTS)('that was cut short %s is named by the status and finished by the next', async (_, cut) => {
    await rm(secret(PROMETHEUS));
    await cut();
    expect(await keyStatus(dir, Date.now())).toMatchObject({ exitCode: 1 });
    expect(await unrecorded()).toEqual([]);
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

/** Services of which a list has a key that the audit log does not know. */
async function unrecorded(): Promise<string[]> {
  const { lines } = await readKeyAudit(dir);
  const known = new Set(lines.map(({ fingerprint }) => fingerprint));
  const states = await changeKeys(dir, 'look');
  const isKnown = ({ fingerprint }: KeyName) => known.has(fingerprint);
  return states
    .filter(({ listed }) => !Object.values(listed).flat().every(isKnown))
    .map(({ service }) => service);
}

/** Does what ends where the audit log takes no line. */
async function withoutRoomForLines(work: () => Promise<unknown>): Promise<void> {
  await mkdir(dir.audit, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${PAGE_BYTES}`, 'origin-full', dir.audit]);
  try {
    await writeFile(join(dir.audit, 'filler'), Buffer.alloc(PAGE_BYTES));
    await expect(work()).rejects.toMatchObject({ why: expect.stringContaining('ENOSPC') });
  } finally {
    execFileSync('umount', [dir.audit]);
  }
}

describe('init that was cut short before its lines', () => {
  const keys = SERVICE_KEYS.map(({ folder, file }) => `${folder}/${file}`);
  const choices = { project: 'origin-keys-of-nobody' };
  const opening = () => SERVICE_KEYS.filter((_, index) => opens(keyOf(keys[index] ?? ''))[0] !== undefined);
  const actions = async () =>
    (await readKeyAudit(dir)).lines.map(({ action, service }) => `${action} ${service}`);

  beforeEach(async () => {
    const root = await mkdtemp(join(tmpdir(), 'origin-keys-cut-'));
    onTestFinished(() => rm(root, { recursive: true }));
    dir = locateBundle(root);
    const { input, settings } = await readChoices(dir, choices);
    await makeInstallation(input);
    await writeBundleSettings(dir, settings);
  });

  test('leaves keys that open nothing, also where no line can be written, and the next one finishes it', async () => {
    await withoutRoomForLines(() => initBundle(dir, choices));
    for (const path of keys) expect(opens(keyOf(path)), path).toEqual([undefined, undefined]);
    await initBundle(dir, choices);
    for (const [index, path] of keys.entries()) {
      const service = SERVICE_KEYS[index]?.service;
      expect(opens(keyOf(path)), path).toEqual([service, service]);
    }
    expect(await actions()).toEqual(SERVICE_KEYS.map(({ service }) => `generate ${service}`));
    const { lines } = await readKeyAudit(dir);
    for (const [index, path] of keys.entries()) expect(keyOf(path)).toContain(lines[index]?.key_prefix);
    await initBundle(dir, choices);
    expect((await readKeyAudit(dir)).lines).toEqual(lines);
  });

  test('is finished by generate-api-key for the one service that it names, and by init for the others', async () => {
    await generateKeys(dir, ['prometheus']);
    expect(opening().map(({ service }) => service)).toEqual(['prometheus']);
    expect(await actions()).toEqual(['generate prometheus']);
    await initBundle(dir, choices);
    expect(opening()).toHaveLength(keys.length);
    expect((await actions()).sort()).toEqual(SERVICE_KEYS.map(({ service }) => `generate ${service}`).sort());
  });

  test('is finished by a rotation, which then rotates what it was told to', async () => {
    const made = keyOf(PROMETHEUS);
    const main = join(CHECKOUT, 'scripts/main.ts');
    const typed = ['rotate-api-key', '--service', 'prometheus', '--dry-run', '--json'];
    const said = execFileSync(process.execPath, [main, ...typed, '--state-dir', dir.root], {
      encoding: 'utf8',
    });
    const planned: { service?: string; action: string }[] = JSON.parse(said).plan.steps;
    expect(planned.filter(({ action }) => action.includes('record its key'))).toHaveLength(keys.length);
    expect(planned.filter(({ action }) => action.includes('put a new one'))).toMatchObject([
      { service: 'prometheus' },
    ]);
    await rotateKeys(dir, ['prometheus'], quietContext());
    expect(opens(made)).toEqual([undefined, undefined]);
    expect(opening()).toHaveLength(keys.length);
    expect(await actions()).toEqual([
      ...SERVICE_KEYS.map(({ service }) => `generate ${service}`),
      'rotate prometheus',
    ]);
    const { lines } = await readKeyAudit(dir);
    expect(made).toContain(lines.at(-1)?.old_key_prefix);
  });
});

describe('init', () => {
  test('lists keys anew whose list was lost, and does not say that it made them', async () => {
    await rotateKeys(dir, ['prometheus'], quietContext());
    const { lines } = await readKeyAudit(dir);
    for (const holder of LIST_HOLDERS) await rm(secret(`${holder}/${LIST_FILE}`));
    await initBundle(dir, {});
    expect(opens(keyOf(PROMETHEUS))).toEqual(['prometheus', 'prometheus']);
    expect((await readKeyAudit(dir)).lines).toEqual(lines);
  });

  test('records a former key that somebody put back, before it lists it', async () => {
    const former = keyOf(PROMETHEUS);
    await rotateKeys(dir, ['prometheus'], quietContext());
    const later = keyOf(PROMETHEUS);
    const tree = await openTree(dir.secrets);
    await writeSecret(tree, { folder: 'prometheus', file: 'service-key', content: former });
    await initBundle(dir, {});
    expect(opens(former)).toEqual(['prometheus', 'prometheus']);
    expect(opens(later)).toEqual([undefined, undefined]);
    const last = (await readKeyAudit(dir)).lines.at(-1);
    expect(last).toMatchObject({ action: 'generate', service: 'prometheus' });
    expect(former).toContain(last?.key_prefix);
  });
});
