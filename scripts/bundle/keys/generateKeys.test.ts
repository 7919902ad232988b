import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BundleDir } from '../bundleDir.ts';
import { initBundle } from '../initBundle.ts';
import { changeKeys } from './changeKeys.ts';
import { generateKeys } from './generateKeys.ts';
import { readKeyAudit } from './keyAudit.ts';
import { keyStatus } from './keyStatus.ts';
import { madeKeys, recordMade } from './madeKeys.ts';
import { SERVICE_KEYS } from './serviceKeys.ts';
import { beforeLists, makeKeyFiles, openedBy, readKey } from './test/keyFiles.ts';

let dir: BundleDir;
beforeEach(async () => {
  dir = await makeKeyFiles();
});

const secret = (path: string) => join(dir.secrets, path);
const keyOf = (path: string) => readKey(dir, path);
const opens = (key: string) => openedBy(dir, key);

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
