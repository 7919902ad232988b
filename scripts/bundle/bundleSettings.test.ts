import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { EXAMPLES } from '../settings/test/examples.ts';
import { operatorSettings } from '../settings/whereGiven.ts';
import { type BundleDir, locateBundle } from './bundleDir.ts';
import { bundleNames, readBundleSettings, writeBundleSettings } from './bundleSettings.ts';
import { settingsOf } from './initChoices.ts';

let root: string;
let dir: BundleDir;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-settings-'));
  dir = locateBundle(root);
  onTestFinished(() => rmSync(root, { recursive: true }));
});

const write = (text: string) => writeFileSync(dir.envFile, text);
/** With an engine that answers and does nothing. */
function stack(...args: string[]) {
  const bin = mkdtempSync(join(tmpdir(), 'origin-settings-bin-'));
  onTestFinished(() => rmSync(bin, { recursive: true }));
  writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho 27.0.0\n', { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const argv = ['scripts/main.ts', ...args, '--state-dir', root];
  return spawnSync(process.execPath, argv, { cwd: CHECKOUT, encoding: 'utf8', env });
}

describe('the file of a bundle', () => {
  test('that has no project is refused, since Compose would name one after a folder', async () => {
    write('ORIGIN_OVERLAYS=\n');
    await expect(readBundleSettings(dir)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('has no COMPOSE_PROJECT_NAME'),
    });
  });

  test.each(['status', 'down', 'up', 'logs', 'uninstall', 'doctor', 'audit', 'alerts'])(
    'that Compose would read otherwise ends %s with the line, and nothing is done',
    (command) => {
      write('COMPOSE_PROJECT_NAME=origin-never\nexport ORIGIN_BIND = 0.0.0.0\n');
      const { status, stderr } = stack(command);
      expect(stderr).toContain('line 2: begins with export: write ORIGIN_BIND=…');
      expect(stderr).not.toContain('    at ');
      expect(status).toBe(3);
      expect(readdirSync(root).filter((name) => name !== 'bundle.lock')).toEqual(['compose.env']);
    },
  );

  test('may hold what the example shows, and whatever init and overlays write', () => {
    const example = readFileSync(join(CHECKOUT, 'compose/.env.example'), 'utf8');
    for (const [, name] of example.matchAll(/^([A-Z_]+)=/gm)) expect(bundleNames().known).toContain(name);
    const names = Object.keys(settingsOf(dir, {}, undefined));
    expect(bundleNames().known).toEqual(expect.arrayContaining([...names, 'ORIGIN_ALERT_MAIL_TO']));
  });

  test('says where a setting belongs that is not for it, and repeats no secret', async () => {
    write('COMPOSE_PROJECT_NAME=o\nMINIO_SECRET_KEY=hunter2\nPUBLIC_URL=https://h\nCOMPOSE_PROFILES=load\n');
    const refusal = await readBundleSettings(dir).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      why: [
        'line 2: MINIO_SECRET_KEY does not belong here: it is a secret, which comes by ./stack up --overlay external-s3 --secret s3-secret-key=FILE',
        'line 3: PUBLIC_URL does not belong here: ./stack up --url URL',
        'line 4: COMPOSE_PROFILES does not belong here: ./stack says it to Compose itself; take the line away',
      ].join('\n'),
    });
    expect(JSON.stringify(refusal)).not.toContain('hunter2');
  });

  test("keeps an operator's comments, order and settings through every init", async () => {
    const paths = {
      MODELS_PATH: join(CHECKOUT, 'packages/core/models'),
      WEBHOOK_CA_FILE: join(CHECKOUT, 'README.md'),
    };
    const examples = { ...EXAMPLES, ...paths };
    const given = Object.fromEntries(operatorSettings('bundle').map((name) => [name, examples[name] ?? '']));
    const lines = Object.entries({ ...given, ...goodSettings, ORIGIN_PLAIN: 'yes' });
    const text = `# ours\n${lines.map(([name, value]) => `${name}=${value}`).join('\n# why\n')}\n`;
    write(text);
    const known = await readBundleSettings(dir);
    await writeBundleSettings(dir, settingsOf(dir, { bind: '0.0.0.0' }, known));
    const changed = text
      .replace('ORIGIN_BIND=127.0.0.1', 'ORIGIN_BIND=0.0.0.0')
      .replace('ORIGIN_SECRETS=/nowhere', `ORIGIN_SECRETS=${dir.secrets}`)
      .replace('ORIGIN_TEXTFILE=/nowhere', `ORIGIN_TEXTFILE=${dir.textfile}`);
    expect(readFileSync(dir.envFile, 'utf8')).toBe(changed);
  });
});

describe('the settings that follow', () => {
  test('are refused where one cannot be, or two contradict each other, before anything is made', () => {
    const known = { ...goodSettings, LOG_LEVEL: 'loud', DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: '20' };
    expect(() => settingsOf(dir, {}, known)).toThrow(
      expect.objectContaining({
        exitCode: 3,
        why: [
          'LOG_LEVEL: must be one of debug, info, warn, error',
          'DATABASE_POOL_MIN: is larger than DATABASE_POOL_MAX',
        ].join('\n'),
      }),
    );
  });
});
