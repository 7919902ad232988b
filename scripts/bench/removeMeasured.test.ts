import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type BundleDir, locateBundle } from '../bundle/bundleDir.ts';
import { recordDocker } from '../lib/test/recordDocker.ts';
import { removeMeasured } from './removeMeasured.ts';

let dir: BundleDir;
/** What the engine was told. */
let log: string;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'origin-measured-'));
  log = recordDocker(root);
  dir = locateBundle(join(root, 'state'));
  mkdirSync(join(dir.root, 'secrets'), { recursive: true });
  onTestFinished(() => rmSync(root, { recursive: true }));
});

test('what was refused before it had settings goes, and the reason is not hidden by another', async () => {
  const measure = async () => {
    try {
      throw new Error('the port is taken');
    } finally {
      await removeMeasured(dir);
    }
  };
  await expect(measure()).rejects.toThrow('the port is taken');
  expect(existsSync(dir.root)).toBe(false);
  expect(existsSync(log)).toBe(false);
});

test('what was brought up goes with its data', async () => {
  writeFileSync(dir.envFile, 'COMPOSE_PROJECT_NAME=origin-measured\n');
  await removeMeasured(dir);
  expect(readFileSync(log, 'utf8')).toContain('down --volumes --remove-orphans');
  expect(existsSync(dir.root)).toBe(false);
});
