import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { dockerIs, recordDocker } from '../lib/test/recordDocker.ts';
import { hasCompose, renderCompose } from '../settings/test/renderCompose.ts';
import { locateBundle } from './bundleDir.ts';
import { composeArgv, composeOf, docker, mustDocker } from './compose.ts';
import { PROXY_VARIABLES } from './dockerEnv.ts';
import { listOverlays } from './overlays.ts';
import { openTree } from './secretFiles.ts';
import { workByContainer } from './workByContainer.ts';

/** What a shell may hold that would lead Compose elsewhere. */
const STRAY = {
  COMPOSE_PROJECT_NAME: 'web',
  COMPOSE_PROFILES: 'load',
  COMPOSE_FILE: '/nowhere/compose.yml',
  COMPOSE_ENV_FILES: '/nowhere/env',
  COMPOSE_IGNORE_ORPHANS: 'true',
  ORIGIN_SECRETS: '/nowhere',
  ORIGIN_PLAIN: 'no',
  LOG_LEVEL: 'debug',
  NODE_OPTIONS: '--inspect',
  DOCKER_DEFAULT_PLATFORM: 'linux/s390x',
};

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'origin-docker-env-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

function straying(): void {
  for (const [name, value] of Object.entries(STRAY)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe('docker', () => {
  test('is told how to reach the engine, what the caller says, and nothing else of the shell', async () => {
    straying();
    vi.stubEnv('DOCKER_HOST', 'ssh://engine.example');
    vi.stubEnv('SSH_AUTH_SOCK', '/run/agent');
    dockerIs(newRoot(), 'env');
    const { stdout } = await docker(['version'], { env: { REDISCLI_AUTH: 'x' } });
    const lines = stdout.split('\n');
    for (const [name, value] of Object.entries(STRAY)) expect(lines).not.toContain(`${name}=${value}`);
    expect(lines).toEqual(
      expect.arrayContaining([
        'DOCKER_HOST=ssh://engine.example',
        'SSH_AUTH_SOCK=/run/agent',
        'REDISCLI_AUTH=x',
      ]),
    );
  });

  test('is started with that environment alone wherever it speaks of a bundle', () => {
    const files = globSync(['scripts/**/*.ts', 'chaos-tests/**/*.ts'], { cwd: CHECKOUT }).filter(
      (file) => !/\/test\/|\.(test|nightly)\.ts$/.test(file),
    );
    const starting = files.filter((file) => {
      const text = readFileSync(join(CHECKOUT, file), 'utf8');
      const spawns = text.match(/spawn\('docker'/g)?.length ?? 0;
      const own = text.match(/env: dockerEnv\(/g)?.length ?? 0;
      return spawns > own || (/runTool\(\s*'docker'/.test(text) && /composeArgv|inContainerArgv/.test(text));
    });
    expect(files.length).toBeGreaterThan(200);
    expect(starting).toEqual([]);
  });

  test.skipIf(!hasCompose)('compose says the same of a bundle, whatever the shell holds', async () => {
    const root = newRoot();
    const dir = locateBundle(root);
    const settings = { ...goodSettings, ORIGIN_PLAIN: 'yes' };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(dir.envFile, lines.join(''));
    const planned = composeOf(settings, 'config');
    const say = () =>
      Promise.all([mustDocker(composeArgv(dir, 'config')), mustDocker(planned.argv, planned)]);
    const before = await say();
    straying();
    expect(await say()).toEqual(before);
    expect(before[0]).toContain(`name: ${goodSettings.COMPOSE_PROJECT_NAME}\n`);
  });
});

describe('the proxies of a Docker client', () => {
  const none = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, '']));

  test.skipIf(!hasCompose).each(['', ...listOverlays()])(
    'enter no container of the bundle, overlay: %s',
    async (overlay) => {
      const plain = overlay === '' ? 'yes' : 'no';
      const services = await renderCompose({
        ...goodSettings,
        ORIGIN_OVERLAYS: overlay,
        ORIGIN_PLAIN: plain,
      });
      expect(Object.keys(services).length).toBeGreaterThan(15);
      for (const [service, { environment }] of Object.entries(services)) {
        expect(environment, service).toMatchObject(none);
      }
    },
  );

  test('enter no container that works on the secrets', async () => {
    const root = newRoot();
    const log = recordDocker(root);
    const tree = await openTree(join(root, 'secrets'));
    const work = { program: 'makeInstallation', tag: '0', input: { tree }, failure: 'it failed' };
    await expect(workByContainer(work)).rejects.toThrow();
    for (const name of PROXY_VARIABLES) expect(readFileSync(log, 'utf8')).toContain(` --env ${name}= `);
  });
});
