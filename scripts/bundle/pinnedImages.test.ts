import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { hashInputs } from '../images/hashInputs.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { type BundleDir, EARLIER_ENV, locateBundle } from './bundleDir.ts';
import { bundleSettingsIn, requireBundle } from './bundleSettings.ts';
import { composeArgv } from './compose.ts';
import { initBundle } from './initBundle.ts';
import { imagesOf, pinnedImages, tagSetting } from './pinnedImages.ts';

let dir: BundleDir;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'origin-pins-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  dir = locateBundle(root);
});

/** In the file of settings. */
const change = (from: RegExp, to: string) =>
  writeFileSync(dir.envFile, readFileSync(dir.envFile, 'utf8').replace(from, to));

test('a first init pins each image that runs, by the hash of what it is made of', async () => {
  const { settings } = await initBundle(dir, { overlays: ['versitygw'] });
  const names = imagesOf(settings);
  expect(names).toEqual(expect.arrayContaining(['app', 'postgres', 'versitygw']));
  for (const name of names) {
    const hash = await hashInputs(CHECKOUT, name);
    expect(settings[tagSetting(name)]).toMatch(new RegExp(`^\\d+\\.\\d+\\.\\d+-${hash.slice(0, 12)}$`));
  }
  expect(pinnedImages(settings)).toHaveLength(names.length);
  expect(settings).not.toHaveProperty('ORIGIN_TAG_K6');
});

test('what is pinned stays until the images of the checkout are asked for, and what is missing comes from it', async () => {
  const first = (await initBundle(dir, {})).settings;
  change(/^ORIGIN_TAG_APP=.*$/m, 'ORIGIN_TAG_APP=0.1.0-0123456789ab');
  const kept = (await initBundle(dir, { bind: '0.0.0.0', overlays: ['versitygw'] })).settings;
  expect(kept.ORIGIN_TAG_APP).toBe('0.1.0-0123456789ab');
  expect(kept.ORIGIN_TAG_VERSITYGW).toMatch(/^0\.1\.0-/);
  const taken = (await initBundle(dir, { imagesOfCheckout: true, overlays: ['none'] })).settings;
  expect(taken).toEqual({ ...first, ORIGIN_BIND: '0.0.0.0' });
});

test('a file of an earlier checkout means the images of its version, until they are those of this one', async () => {
  await initBundle(dir, {});
  change(/^ORIGIN_(TAG_\w+|INSTALLATION)=.*\n/gm, '');
  change(/$/, 'ORIGIN_VERSION=0.1.0\n');
  const earlier = await requireBundle(dir);
  expect(pinnedImages(earlier)).toContain('origin-stack/app:0.1.0');
  expect(earlier).not.toHaveProperty('ORIGIN_VERSION');
  const [first, second] = composeArgv(dir, 'ps').flatMap((part, at, all) =>
    part === '--env-file' ? [all[at + 1]] : [],
  );
  expect([first, second]).toEqual([EARLIER_ENV, dir.envFile]);

  await initBundle(dir, { imagesOfCheckout: true });
  expect(readFileSync(dir.envFile, 'utf8')).not.toContain('ORIGIN_VERSION');
  expect(composeArgv(dir, 'ps')).not.toContain(EARLIER_ENV);
  expect(bundleSettingsIn(dir)).toMatchObject({
    ORIGIN_INSTALLATION: expect.stringMatching(/^[0-9a-f]{16}$/),
    ORIGIN_TAG_APP: expect.not.stringMatching(/^0\.1\.0$/),
  });
});
