import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { EXAMPLES } from './test/examples.ts';
import { operatorSettings } from './whereGiven.ts';

/** Each starts the command line several times. */
const TIMEOUT_MS = 60_000;
const isRoot = process.getuid?.() === 0;

let root: string;
let bin: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-config-'));
  bin = mkdtempSync(join(tmpdir(), 'origin-config-bin-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
    rmSync(bin, { recursive: true });
  });
  engineIs('exit 1');
});

/** What `docker` does and says, for the commands below. */
const engineIs = (script: string) =>
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

function stack(...args: string[]) {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const argv = ['scripts/main.ts', ...args, '--state-dir', root];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: CHECKOUT,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}
const config = (...args: string[]) => stack('config', ...args);
const settingsIn = (file: string) => readFileSync(join(root, file), 'utf8');

test(
  'where nothing was made, it is for the embedded default without an engine, and with one says what to type',
  () => {
    expect(config('list').stdout).toContain(`The file is ${root}/settings.env`);
    engineIs('echo 27.0.0');
    expect(config('set', 'LOG_LEVEL=warn')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('./stack init, then this again; or this with --embedded'),
    });
    expect(readdirSync(root)).toEqual([]);
    expect(config('set', 'LOG_LEVEL=warn', '--embedded')).toMatchObject({ status: 0 });
    expect(settingsIn('settings.env')).toMatch(/\nLOG_LEVEL=warn\n$/);
  },
  TIMEOUT_MS,
);

test(
  'list shows value, default, where it came from and whom a change restarts; get shows the value alone',
  () => {
    writeFileSync(join(root, 'settings.env'), '# ours\nRETENTION_UPLOADS_DAYS=365\n');
    const { settings } = JSON.parse(config('list', '--json').stdout);
    expect(settings.map(({ name }: { name: string }) => name)).toEqual(operatorSettings('embedded'));
    expect(settings).toContainEqual(
      expect.objectContaining({
        name: 'RETENTION_UPLOADS_DAYS',
        value: '365',
        default: '730',
        from: 'file',
        restarts: ['worker'],
      }),
    );
    expect(settings).toContainEqual(
      expect.objectContaining({
        name: 'DATABASE_POOL_MIN',
        value: '4',
        from: 'default',
        restarts: ['api', 'worker'],
      }),
    );
    expect(config('list').stdout).toMatch(/^RETENTION_UPLOADS_DAYS +365 +730 +file +worker$/m);
    expect(config('get', 'RETENTION_UPLOADS_DAYS').stdout).toBe('365\n');
    expect(config('list').stdout).not.toContain('DATABASE_URL');
    expect(config('list', '--all').stdout).toMatch(/^DATABASE_URL +secret +made at the first start$/m);
  },
  TIMEOUT_MS,
);

test(
  'a change keeps what else the file says, and an empty value brings the default back',
  () => {
    writeFileSync(
      join(root, 'settings.env'),
      '# ours\nLOG_LEVEL=debug\n\n# why\nRETENTION_UPLOADS_DAYS=365\n',
    );
    expect(config('set', 'WORKER_CONCURRENCY=9', 'LOG_LEVEL=', '--dry-run').stdout).toContain(
      '1. set WORKER_CONCURRENCY=9\n  2. take LOG_LEVEL away (debug): its default counts',
    );
    expect(settingsIn('settings.env')).toContain('LOG_LEVEL=debug');
    expect(config('set', 'WORKER_CONCURRENCY=9', 'LOG_LEVEL=')).toMatchObject({ status: 0 });
    expect(settingsIn('settings.env')).toBe(
      '# ours\n\n# why\nRETENTION_UPLOADS_DAYS=365\nWORKER_CONCURRENCY=9\n',
    );
    expect(config('set', 'WORKER_CONCURRENCY=9', '--dry-run').stdout).toBe('nothing to do: it is set so\n');
  },
  TIMEOUT_MS,
);

test.each([
  ['WORKER_CONCURRENCY=900', 'WORKER_CONCURRENCY: must be an integer from 1 to 200'],
  ['LOG_LEVEL=loud', 'LOG_LEVEL: must be one of debug, info, warn, error'],
  ['WEBHOOK_ALLOWED_CIDRS=10.0.0.5/8', 'WEBHOOK_ALLOWED_CIDRS: has an entry that is not a network: number 1'],
  ['DATABASE_POOL_MAX=2', 'DATABASE_POOL_MIN: is larger than DATABASE_POOL_MAX'],
  ['SHUTDOWN_TIMEOUT_SECONDS=300', 'SHUTDOWN_TIMEOUT_SECONDS: must be 50 at the most'],
  ['WEBHOOK_CA_FILE=company.pem', 'WEBHOOK_CA_FILE: must be the whole path of a file'],
  ['WEBHOOK_CA_FILE=/nowhere/company.pem', 'WEBHOOK_CA_FILE: there is no file /nowhere/company.pem'],
  ['MODELS_PATH=/etc/passwd', 'MODELS_PATH: there is no folder /etc/passwd'],
  ['LOG_LEVEL=a#b', 'has a # in its value'],
  ['LOG_LEVEL', 'LOG_LEVEL has no value'],
  ['LOG_LEVLE=info', 'did you mean LOG_LEVEL?'],
  ['PUBLIC_URL=https://h', 'the installation gives it: ./stack up --embedded --port PORT'],
  ['EGRESS_PROXY_URL=http://u:hunter2@proxy', 'it is a secret, which comes by the file egress-proxy-url'],
])('refuses %s with the reason, and writes nothing', (pair, reason) => {
  const { status, stderr } = config('set', pair, 'RETENTION_OUTBOX_DAYS=8');
  expect(stderr).toContain(reason);
  expect(stderr).not.toMatch(/hunter2| {4}at /);
  expect(status).toBe(2);
  expect(readdirSync(root)).toEqual([]);
});

describe.skipIf(!isRoot)(`of a bundle${isRoot ? '' : ' (skipped: needs root, to make one)'}`, () => {
  test(
    'that does not run, set writes what init would, and up brings it; a certificate is copied for its reader',
    () => {
      const models = join(root, 'models');
      const pem = join(root, 'company.pem');
      mkdirSync(models);
      writeFileSync(pem, rootCertificates[0] ?? '');
      expect(stack('init', '--set', 'LOG_LEVEL=warn', '--project', 'origin-config-test')).toMatchObject({
        status: 0,
      });
      expect(settingsIn('compose.env')).toContain('\nLOG_LEVEL=warn\n');
      const given = { ...EXAMPLES, MODELS_PATH: models, WEBHOOK_CA_FILE: pem };
      const pairs = operatorSettings('bundle').map((name) => `${name}=${given[name]}`);
      const set = config('set', ...pairs);
      expect(set).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringContaining('./stack up reads it'),
      });
      for (const pair of pairs) expect(settingsIn('compose.env')).toContain(`\n${pair}\n`);
      expect(settingsIn('secrets/worker/webhook-ca.crt')).toBe((rootCertificates[0] ?? '').trimEnd());
      expect(config('list').stdout).toMatch(/^LOG_LEVEL +debug +info +file +api-a, api-b, worker$/m);
      expect(stack('init')).toMatchObject({ status: 0 });
      for (const pair of pairs) expect(settingsIn('compose.env')).toContain(`\n${pair}\n`);
    },
    TIMEOUT_MS,
  );

  test.each([
    ['IP_ALLOWLIST_FAIL_OPEN=true', 'the installation gives it: always false in production'],
    ['TRUSTED_PROXIES=10.0.0.0/8', './stack up --trusted-proxies CIDR'],
    ['SHUTDOWN_TIMEOUT_SECONDS=26', 'must be 25 at the most'],
    ['EGRESS_PROXY_URL=x', './stack up --overlay egress-proxy --secret egress-proxy-url=FILE'],
  ])('refuses %s, which is not its own to say', (pair, reason) => {
    const lines = Object.entries(goodSettings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(root, 'compose.env'), lines.join(''));
    const { status, stderr } = config('set', pair);
    expect(stderr).toContain(reason);
    expect(status).toBe(2);
  });
});
