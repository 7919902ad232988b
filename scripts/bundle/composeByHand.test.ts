import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { copyCheckout } from './test/copyCheckout.ts';

const isRoot = process.getuid?.() === 0;
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
const BASE = 'docker compose -f compose/compose.yml up -d';
let checkout: string;

beforeAll(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'origin-by-hand-'));
  await copyCheckout(checkout);
  symlinkSync(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'));
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

/** Runs a program in the copy. No engine answers it: Compose needs none to say what it would start, and nothing is built. */
function run(program: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: checkout, DOCKER_HOST: `unix://${checkout}/nothing.sock` };
  const plugins = process.env.HOME ? { DOCKER_CONFIG: join(process.env.HOME, '.docker') } : {};
  const options = { cwd: checkout, env: { ...env, ...plugins }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  return { status, stdout, stderr };
}

/** Initialises the copy; gives the command for Compose that is shown. */
function init(...flags: string[]): string {
  const { status, stdout, stderr } = run(process.execPath, 'scripts/main.ts', 'init', ...flags);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return /^next: .*(docker compose .*)$/m.exec(stdout)?.[1] ?? '';
}

/** What the typed command would start: by service, the hash of its settings. */
function hashesOf(typed: string) {
  const [program = '', ...args] = typed.replace(/up -d$/, 'config --hash *').split(' ');
  const { status, stdout, stderr } = run(program, ...args);
  return { status, stderr, hashes: stdout.trim().split('\n').sort() };
}

/** The same of `./stack`, by the settings that are written, and by those that a plan has in mind. */
function hashesOfStack(): [string[], string[]] {
  const script = `
    import { locateBundle } from './scripts/bundle/bundleDir.ts';
    import { readBundleSettings } from './scripts/bundle/bundleSettings.ts';
    import { composeArgv, composeOf, mustDocker } from './scripts/bundle/compose.ts';
    const dir = locateBundle();
    const planned = composeOf(await readBundleSettings(dir), 'config', '--hash', '*');
    const texts = [await mustDocker(composeArgv(dir, 'config', '--hash', '*')), await mustDocker(planned.argv, planned)];
    console.log(JSON.stringify(texts.map((text) => text.trim().split('\\n').sort())));`;
  const { stdout, stderr } = run(process.execPath, '--input-type=module', '--eval', script);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.skipIf(!isRoot || !hasCompose)(
  `Compose by hand${isRoot && hasCompose ? '' : ' (skipped: needs root and docker compose)'}`,
  () => {
    test('stops without init, with the command to type', () => {
      const { status, stderr } = hashesOf(BASE);
      expect(status).not.toBe(0);
      expect(stderr).toContain('./stack init');
    });

    test.each([
      { flags: [], command: BASE },
      { flags: ['--overlay', 'versitygw'], command: / -f compose\/overlays\/versitygw\.yml up -d$/ },
    ])('runs what ./stack runs, by the command that init shows: $flags', ({ flags, command }) => {
      const typed = init(...flags);
      expect(typed).toMatch(command);
      const byHand = hashesOf(typed);
      expect(byHand).toMatchObject({ status: 0, stderr: '' });
      expect(byHand.hashes.length).toBeGreaterThan(15);
      const [written, planned] = hashesOfStack();
      expect(written).toEqual(byHand.hashes);
      expect(planned).toEqual(byHand.hashes);
    });

    test.each(['127.0.0.1', '0.0.0.0', '::', '::1', '2001:db8::1'])(
      'publishes on %s as it is written',
      (bind) => {
        init('--overlay', 'none', '--bind', bind);
        const { status, stdout, stderr } = run(
          'docker',
          ...BASE.split(' ').slice(1, -2),
          'config',
          '--format',
          'json',
        );
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        const { services } = JSON.parse(stdout);
        expect(services.nginx.ports).toEqual([
          expect.objectContaining({ host_ip: bind, published: '443', target: 8443 }),
          expect.objectContaining({ host_ip: bind, published: '80', target: 8080 }),
        ]);
        init('--overlay', 'versitygw');
      },
    );

    test('refuses the base file alone where overlays are in force', () => {
      const { status, stderr } = hashesOf(BASE);
      expect(status).not.toBe(0);
      expect(stderr).toContain('overlays are in force');
    });
  },
);
