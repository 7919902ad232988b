import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { locateBundle } from './bundleDir.ts';
import { initBundle } from './initBundle.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-init-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

const init = (choices = {}) => initBundle(locateBundle(root), choices);

test('makes every secret, and a second call changes nothing', async () => {
  const first = await init({ url: 'https://origin.example:8443' });
  expect(first.made.length).toBeGreaterThan(60);
  const before = await readFile(join(root, 'compose.env'), 'utf8');
  const second = await init();
  expect(second.made).toEqual([]);
  expect(second.certificate.fingerprint).toBe(first.certificate.fingerprint);
  expect(await readFile(join(root, 'compose.env'), 'utf8')).toBe(before);
  expect(second.settings).toMatchObject({ ORIGIN_HTTPS_PORT: '8443', ORIGIN_HTTP_PORT: '8080' });
});

/** Ends the process before it renames a file to its place: what it wrote beside that stays there. */
const DYING = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const [, place, root] = process.argv;
  const { renameSync } = fs;
  fs.renameSync = (from, to) => (to.endsWith(place) ? process.kill(process.pid, 'SIGKILL') : renameSync(from, to));
  syncBuiltinESMExports();
  const { initBundle } = await import(${JSON.stringify(join(import.meta.dirname, 'initBundle.ts'))});
  const { locateBundle } = await import(${JSON.stringify(join(import.meta.dirname, 'bundleDir.ts'))});
  await initBundle(locateBundle(root), {});
`;

test.each(['ca/ca.key', 'nginx/tls.crt', 'nginx/public.key', 'compose.env'])(
  'a run that was killed at %s leaves half a file, and the next takes that away and nothing of others',
  async (place) => {
    const halves = () =>
      readdirSync(root, { recursive: true }).filter((path) => String(path).endsWith('.tmp'));
    const args = ['--input-type=module', '-e', DYING, place, root];
    const died = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    // Of a pair both halves.
    expect(halves().join()).toContain(`${place}.`);
    const notes = join('secrets', 'ca', 'notes.0123456789ab.tmp');
    await writeFile(join(root, notes), 'of somebody');
    await init();
    expect(halves()).toEqual([notes]);
  },
);

test('publishes on another port than that of the URL, and goes on to when the name changes', async () => {
  const chosen = { url: 'https://origin.example', httpsPort: 9443 };
  const ports = { ORIGIN_HTTPS_PORT: '9443', ORIGIN_HTTP_PORT: '8080' };
  expect((await init(chosen)).settings).toMatchObject({
    ORIGIN_PUBLIC_URL: 'https://origin.example',
    ...ports,
  });
  const renamed = await init({ url: 'https://other.example' });
  expect(renamed.settings).toMatchObject({ ORIGIN_PUBLIC_URL: 'https://other.example', ...ports });
  expect((await init({ httpsPort: 443 })).settings).toMatchObject({
    ORIGIN_HTTPS_PORT: '443',
    ORIGIN_HTTP_PORT: '80',
  });
  expect((await init({ url: 'https://other.example:8443' })).settings.ORIGIN_HTTPS_PORT).toBe('8443');
});

test('certifies a public URL that is an IPv6 address by that address', async () => {
  const { settings } = await init({ url: 'https://[2001:db8::1]:8443' });
  expect(settings).toMatchObject({
    ORIGIN_PUBLIC_URL: 'https://[2001:db8::1]:8443',
    ORIGIN_PUBLIC_NAME: '2001:db8::1',
  });
  const pem = await readFile(join(root, 'secrets', 'nginx', 'public.crt'));
  expect(new X509Certificate(pem).checkIP('2001:db8::1')).toBe('2001:db8::1');
});

test.each([
  { subnet: '10.213' },
  { subnet: '10.213.256' },
  { subnet: '8.8.8' },
  { subnet: '010.1.2' },
  { bind: 'localhost' },
  { project: 'Origin' },
  { project: '-x' },
  { url: 'http://origin.example' },
  { url: 'https://origin.example/path' },
  { trustedProxies: '10.0.0.0/33' },
  { overlays: ['../compose'] },
])('refuses %j before anything is made', async (choices) => {
  await expect(init(choices)).rejects.toThrow(expect.objectContaining({ name: 'UsageError' }));
  expect(readdirSync(root)).toEqual([]);
});

test.each([':', '$', '#', "'", '"', '\\', '\n'])(
  'refuses a state directory whose path holds %j, before anything is made',
  async (character) => {
    const dir = join(root, `a${character}b`);
    await expect(initBundle(locateBundle(dir), {})).rejects.toMatchObject({
      name: 'PreconditionError',
      next: expect.stringContaining('--state-dir'),
    });
    expect(readdirSync(root)).toEqual([]);
  },
);

test('takes a state directory whose path holds blanks, percent signs and letters of others', async () => {
  const { settings } = await initBundle(locateBundle(join(root, 'a b%20é(1)&;=+@')), {});
  expect(settings.ORIGIN_SECRETS).toBe(join(root, 'a b%20é(1)&;=+@', 'secrets'));
});

test('refuses a folder that another could read, before a secret is in it', async () => {
  await mkdir(join(root, 'secrets', 'postgres'), { recursive: true, mode: 0o755 });
  await expect(init()).rejects.toMatchObject({ why: expect.stringContaining('chmod 700') });
  expect(readdirSync(join(root, 'secrets', 'postgres'))).toEqual([]);
});

test('refuses a linked folder, before a secret is behind it', async () => {
  const elsewhere = join(root, 'elsewhere');
  await mkdir(elsewhere, { mode: 0o700 });
  await mkdir(join(root, 'secrets'));
  await symlink(elsewhere, join(root, 'secrets', 'postgres'));
  await expect(init()).rejects.toMatchObject({ why: expect.stringContaining('symbolic link') });
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('a certificate without its key is not replaced', async () => {
  await init();
  await rm(join(root, 'secrets', 'redis', 'tls.key'));
  await expect(init()).rejects.toThrow('redis/tls.key is missing');
});

test('a disk that is full ends it, and with room again it finishes what it began', async () => {
  const mount = (...options: string[]) => execFileSync('mount', [...options, 'origin-full', root]);
  mount('-t', 'tmpfs', '-o', 'size=96k');
  try {
    await expect(init()).rejects.toMatchObject({ code: 'ENOSPC' });
    mount('-o', 'remount,size=8m');
    expect((await init()).made.length).toBeGreaterThan(10);
    expect((await init()).made).toEqual([]);
  } finally {
    execFileSync('umount', [root]);
  }
});

test('what a member of the docker group made stays his, whoever runs a command later', async () => {
  await mkdir(join(root, 'secrets', 'operator'), { recursive: true, mode: 0o700 });
  await chown(join(root, 'secrets', 'operator'), 1000, 1000);
  await init();
  expect(await stat(join(root, 'secrets', 'ca', 'ca.key'))).toMatchObject({ uid: 1000 });
  expect(await stat(join(root, 'secrets', 'operator', 'operator-key'))).toMatchObject({ uid: 1000 });
  expect((await init()).made).toEqual([]);
});

test('an authority without its certificate is not replaced while what it signed is there', async () => {
  await init();
  const key = await readFile(join(root, 'secrets', 'ca', 'ca.key'), 'utf8');
  await rm(join(root, 'secrets', 'ca', 'ca.crt'));
  await expect(init()).rejects.toMatchObject({ exitCode: 3, next: expect.stringContaining('cp -p') });
  expect(await readFile(join(root, 'secrets', 'ca', 'ca.key'), 'utf8')).toBe(key);
});

test('half a renewal is named with what finishes it', async () => {
  await init();
  const [from, to] = ['redis', 'vault'].map((name) => join(root, 'secrets', name, 'tls.key'));
  await writeFile(join(root, 'key'), await readFile(from ?? ''));
  await rename(join(root, 'key'), to ?? '');
  await expect(init()).rejects.toMatchObject({ exitCode: 3, next: './stack renew-certs' });
});

describe('an overlay', () => {
  const redis = {
    overlays: ['external-redis'],
    overlaySettings: ['ORIGIN_REDIS_ADDRESS=redis.example:6379'],
  };
  const bring = async (names: string[]) => {
    await writeFile(join(root, 'brought'), 'a-secret\n');
    return names.map((name) => `${name}=${join(root, 'brought')}`);
  };
  const names = [
    'api-redis-url',
    'worker-redis-url',
    'tools-redis-url',
    'exporter-redis-passwords.json',
    'external-ca.crt',
  ];

  test('names the settings that it misses, before anything is made', async () => {
    await expect(init({ overlays: ['external-redis'] })).rejects.toMatchObject({
      exitCode: 2,
      next: expect.stringContaining('--set ORIGIN_REDIS_ADDRESS='),
    });
    expect(readdirSync(root)).toEqual([]);
  });

  test('names the secrets that it misses, before anything is written', async () => {
    const overlaySecrets = await bring(names.slice(1));
    await expect(init({ ...redis, overlaySecrets })).rejects.toMatchObject({
      exitCode: 3,
      next: 'type it again with --secret api-redis-url=FILE',
    });
    expect(readdirSync(join(root, 'secrets'))).toEqual([]);
  });

  test('gets what was brought, each secret for its readers alone, and keeps it', async () => {
    await init({ ...redis, overlaySecrets: await bring(names) });
    for (const [folder, uid] of Object.entries({ api: 10001, worker: 10002, tools: 10005 })) {
      const file = join(root, 'secrets', folder, `${folder}-redis-url`);
      expect(await readFile(file, 'utf8')).toBe('a-secret');
      expect(await stat(file)).toMatchObject({ uid, mode: 0o100400 });
    }
    expect(readdirSync(join(root, 'secrets', 'postgres'))).not.toContain('external-ca.crt');
    const { settings } = await init();
    expect(settings).toMatchObject({
      ORIGIN_OVERLAYS: 'external-redis',
      ORIGIN_REDIS_ADDRESS: 'redis.example:6379',
    });
    expect((await init({ overlays: ['none'] })).settings).not.toHaveProperty('ORIGIN_REDIS_ADDRESS');
  });

  test('is added to those in force, and the Compose file alone is refused then', async () => {
    expect((await init()).settings).toMatchObject({ ORIGIN_PLAIN: 'yes' });
    await init({ overlays: ['versitygw'] });
    const { settings } = await init({ ...redis, overlaySecrets: await bring(names) });
    expect(settings.ORIGIN_OVERLAYS).toBe('versitygw,external-redis');
    expect(settings).not.toHaveProperty('ORIGIN_PLAIN');
    await expect(init({ overlays: ['none', 'versitygw'] })).rejects.toMatchObject({ exitCode: 2 });
  });

  test('is taken away alone, with its settings, and the others stay', async () => {
    await init({ ...redis, overlaySecrets: await bring(names) });
    await init({ overlays: ['versitygw'] });
    const { settings } = await init({ without: ['external-redis'] });
    expect(settings.ORIGIN_OVERLAYS).toBe('versitygw');
    expect(settings).not.toHaveProperty('ORIGIN_REDIS_ADDRESS');
    await expect(init({ without: ['none-such'] })).rejects.toMatchObject({ exitCode: 2 });
  });

  test('has no secret written into a folder that is not its reader’s alone', async () => {
    await mkdir(join(root, 'secrets', 'api'), { recursive: true });
    await chmod(join(root, 'secrets', 'api'), 0o777);
    await expect(init({ ...redis, overlaySecrets: await bring(names) })).rejects.toMatchObject({
      exitCode: 3,
    });
    expect(readdirSync(join(root, 'secrets', 'api'))).toEqual([]);
  });

  test('tells whose secret was written when, also to a later run that brings none', async () => {
    const before = (await init({ ...redis, overlaySecrets: await bring(names) })).writtenAt;
    expect((await init({ overlaySecrets: await bring(names) })).writtenAt).toEqual(before);
    await writeFile(join(root, 'other'), 'another');
    const startedAt = Date.now();
    await init({ overlaySecrets: [`worker-redis-url=${join(root, 'other')}`] });
    const { worker = 0, ...others } = (await init()).writtenAt;
    expect(worker).toBeGreaterThanOrEqual(startedAt);
    expect({ ...others, worker: before.worker }).toEqual(before);
  });

  test.each([
    { overlaySettings: ['ORIGIN_BIND=0.0.0.0'] },
    { overlaySettings: ['ORIGIN_REDIS_ADDRESS=a$b'] },
    { overlaySettings: ['ORIGIN_REDIS_ADDRESS'] },
    { overlaySecrets: ['operator-key=/dev/null'] },
  ])('takes nothing that it does not ask for: %j', async (choices) => {
    await expect(init({ ...redis, ...choices })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('the receivers of alerts', () => {
  const secret = (file: string) => join(root, 'secrets', 'alertmanager', file);
  const bringUrl = async (text: string) => {
    await writeFile(join(root, 'url'), text);
    return [`alert-webhook-url=${join(root, 'url')}`];
  };

  test('are in Alertmanager’s configuration, by the files of their secrets, and need no new start', async () => {
    await init();
    expect(await readFile(secret('alertmanager.yml'), 'utf8')).not.toContain('alert-webhook-url');
    const overlaySecrets = await bringUrl('https://alerts.example/hook?token=abc\n');
    const { writtenAt } = await init({ overlays: ['alert-webhook'], overlaySecrets });
    expect(writtenAt).not.toHaveProperty('alertmanager');
    expect(await readFile(secret('alert-webhook-url'), 'utf8')).toBe('https://alerts.example/hook?token=abc');
    const text = await readFile(secret('alertmanager.yml'), 'utf8');
    expect(text).toContain('url_file: /run/secrets/alert-webhook-url');
    expect(text).not.toContain('alerts.example');
    expect(await stat(secret('alertmanager.yml'))).toMatchObject({ uid: 10081, mode: 0o100400 });
    await init({ without: ['alert-webhook'] });
    expect(await readFile(secret('alertmanager.yml'), 'utf8')).not.toContain('alert-webhook-url');
  });

  test('are refused by what is no URL, and the URL in force stays', async () => {
    await init({ overlays: ['alert-webhook'], overlaySecrets: await bringUrl('https://one.example/') });
    const overlaySecrets = await bringUrl('one.example');
    await expect(init({ overlaySecrets })).rejects.toMatchObject({ exitCode: 3 });
    expect(await readFile(secret('alert-webhook-url'), 'utf8')).toBe('https://one.example/');
  });

  test('may bring an authority, which is then trusted, and need not', async () => {
    const overlaySecrets = await bringUrl('https://one.example/');
    await writeFile(join(root, 'ca'), 'PEM');
    await init({ overlays: ['alert-webhook'], overlaySecrets });
    expect(await readFile(secret('alertmanager.yml'), 'utf8')).not.toContain('alert-ca.crt');
    await init({ overlaySecrets: [`alert-ca.crt=${join(root, 'ca')}`] });
    expect(await readFile(secret('alertmanager.yml'), 'utf8')).toContain(
      'ca_file: /run/secrets/alert-ca.crt',
    );
  });

  test('are refused before anything is written where a setting is none that Alertmanager takes', async () => {
    const names = { TO: 'ops@example.com', FROM: 'origin@example.com', SERVER: 'mail.example.com' };
    const overlaySettings = Object.entries(names).map(
      ([name, value]) => `ORIGIN_ALERT_MAIL_${name}=${value}`,
    );
    await expect(init({ overlays: ['alert-mail'], overlaySettings })).rejects.toMatchObject({
      exitCode: 2,
      why: 'it must be HOST:PORT',
    });
    expect(readdirSync(join(root, 'secrets'))).toEqual([]);
  });
});

test('scaled alerts are files of Prometheus, which keep their scale until the overlay goes', async () => {
  const file = join(root, 'secrets', 'prometheus', 'scaled-prometheus.yml');
  await init({ overlays: ['scaled-alerts'], overlaySettings: ['ORIGIN_ALERT_SCALE=30'] });
  expect(await readFile(file, 'utf8')).toContain('/run/secrets/scaled-rules.yml');
  expect(await stat(file)).toMatchObject({ uid: 10080, mode: 0o100400 });
  expect((await init()).settings).toMatchObject({ ORIGIN_ALERT_SCALE: '30' });
  expect((await init({ without: ['scaled-alerts'] })).settings).not.toHaveProperty('ORIGIN_ALERT_SCALE');
});
