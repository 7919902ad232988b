import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { SETTINGS, type Setting, type SettingName } from '@origin-stack/core/config/settings';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { EXAMPLES, readAsProcess } from '../../settings/test/examples.ts';
import { operatorSettings, type Reader, WHERE_GIVEN } from '../../settings/whereGiven.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { type Inspected, inspectService } from './containerFaults.ts';
import { publicLoad } from './publicLoad.ts';
import { stackOf } from './stack.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, wellBundle } from './theBundle.ts';

const TIMEOUT_MS = 600_000;
const SERVICES: Record<Reader, string[]> = {
  api: ['api-a', 'api-b'],
  worker: ['worker'],
  commands: ['tools'],
};
/** Inside, a path is that of a mount or of a copy. */
const INSIDE: Partial<Record<SettingName, string>> = {
  MODELS_PATH: '/run/models',
  WEBHOOK_CA_FILE: '/run/secrets/webhook-ca.crt',
};

/** Of a company's Docker client, whose `proxies` the engine puts into every container that does not say otherwise. */
const PROXY = 'http://192.0.2.1:3128';
/** The plugins of this host, Compose among them, are found beside a client's configuration. */
const PLUGINS = ['/usr/libexec', '/usr/lib', '/usr/local/lib'].map((path) => `${path}/docker/cli-plugins`);

let bundle: TheBundle;
let folder: string;
let stack: ReturnType<typeof stackOf>;
const given = { ...EXAMPLES };

beforeAll(async () => {
  bundle = await wellBundle();
  await testClient(bundle);
  folder = await mkdtemp(join(tmpdir(), 'origin-stack-settings-'));
  const proxies = { default: { httpProxy: PROXY, httpsProxy: PROXY, noProxy: 'none' } };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ proxies, cliPluginsExtraDirs: PLUGINS }));
  stack = stackOf(bundle, { ...process.env, DOCKER_CONFIG: folder });
  given.MODELS_PATH = join(folder, 'models');
  given.WEBHOOK_CA_FILE = join(folder, 'company.pem');
  await cp(join(CHECKOUT, 'packages/core/models'), given.MODELS_PATH, { recursive: true });
  await chmod(given.MODELS_PATH, 0o755);
  await writeFile(given.WEBHOOK_CA_FILE, rootCertificates[0] ?? '');
});

afterAll(async () => {
  await takeBack();
  await rm(folder, { recursive: true, force: true });
}, TIMEOUT_MS);

const takeBack = () => stack('config', 'set', ...operatorSettings('bundle').map((name) => `${name}=`));

/** Prints the environment of the product's process in a container: what the watchdog started. */
const PRINT = `
  const fs = require('node:fs');
  for (const pid of fs.readdirSync('/proc').filter((name) => Number(name) > 0)) {
    try {
      if (!/^node\\0[a-z]+\\/src\\/main\\.ts\\0/.test(fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8'))) continue;
      process.stdout.write(fs.readFileSync('/proc/' + pid + '/environ', 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }`;

async function environmentOf(service: string): Promise<Record<string, string>> {
  const argv =
    service === 'tools'
      ? ['run', '--rm', '-T', '--entrypoint', 'env', 'tools', '--null']
      : ['exec', '-T', service, 'node', '--eval', PRINT];
  const text = await mustDocker(composeArgv(bundle.dir, ...argv));
  return Object.fromEntries(
    text.split('\0').map((line) => [line.replace(/=.*/s, ''), line.replace(/^[^=]*=/, '')]),
  );
}

const STANDING = ['api-a', 'api-b', 'worker', 'migrate', 'nginx', 'cron', 'redis', 'postgres', 'prometheus'];
const standing = async (): Promise<Map<string, Inspected['id']>> =>
  new Map(
    await Promise.all(STANDING.map(async (name) => [name, (await inspectService(bundle, name)).id] as const)),
  );

/** Services whose container is another than before. */
async function replacedBy(work: () => Promise<void>): Promise<string[]> {
  const before = await standing();
  await work();
  return [...(await standing())].filter(([name, id]) => before.get(name) !== id).map(([name]) => name);
}

const settingsReadBy = (reader: Reader) =>
  operatorSettings('bundle').filter((name) => WHERE_GIVEN[name].readers.includes(reader));

async function set(...pairs: string[]): Promise<void> {
  const { code, stderr } = await stack('config', 'set', ...pairs);
  expect(code, stderr).toBe(0);
}

test(
  'every setting that is set arrives in the process that reads it, no proxy of a Docker client does, and no request fails',
  async () => {
    const pairs = operatorSettings('bundle').map((name) => `${name}=${given[name]}`);
    const planned = JSON.parse((await stack('config', 'set', ...pairs, '--dry-run', '--json')).stdout);
    const named = planned.plan.steps.flatMap(({ change, service }: Record<string, string>) =>
      change === 'replace' ? [service] : [],
    );
    expect(named.sort()).toEqual(['api-a', 'api-b', 'worker']);

    let replaced: string[] = [];
    const key = await bundle.secret('operator/test-key');
    const answered = await publicLoad(bundle, key, async () => {
      replaced = await replacedBy(() => set(...pairs));
    });
    expect(answered.failures).toEqual({});
    expect(replaced).toEqual(['api-a', 'api-b', 'worker']);

    for (const [reader, services] of Object.entries(SERVICES)) {
      for (const service of services) {
        const environment = await environmentOf(service);
        expect(JSON.stringify(environment), service).not.toContain(PROXY);
        for (const name of settingsReadBy(reader as Reader)) {
          const wanted = (SETTINGS[name] as Setting).type.parse(INSIDE[name] ?? given[name] ?? '');
          expect(readAsProcess(name, environment), `${name} of ${service}`).toEqual(
            Array.isArray(wanted) ? expect.arrayContaining(wanted) : wanted,
          );
        }
      }
    }
  },
  TIMEOUT_MS,
);

test(
  "a setting of the worker's alone, or the certificate behind one, replaces the worker and nobody else",
  async () => {
    expect(await replacedBy(() => set('RETENTION_OUTBOX_DAYS=11'))).toEqual(['worker']);
    const { WEBHOOK_CA_FILE: file = '' } = given;
    await writeFile(file, rootCertificates[1] ?? '');
    expect(await replacedBy(() => set(`WEBHOOK_CA_FILE=${file}`))).toEqual(['worker']);
    expect(await bundle.secret('worker/webhook-ca.crt')).toBe((rootCertificates[1] ?? '').trimEnd());
    expect(await replacedBy(() => set('RETENTION_OUTBOX_DAYS=11'))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'a setting by which a replica does not come up leaves the other serving, and the error takes it back',
  async () => {
    const before = await inspectService(bundle, 'api-b');
    const models = join(folder, 'broken');
    await cp(given.MODELS_PATH ?? '', models, { recursive: true });
    await writeFile(join(models, 'risk.json'), 'not a model');
    await chmod(models, 0o755);
    const key = await bundle.secret('operator/test-key');
    const answered = await publicLoad(bundle, key, async () => {
      const { code, stderr } = await stack('config', 'set', `MODELS_PATH=${models}`);
      expect(code).toBe(1);
      expect(stderr).toContain('not everybody came up with them');
      expect(stderr).toContain('risk.json is refused');
      expect(stderr).toMatch(/take them back: \.\/stack config set MODELS_PATH=/);
    });
    expect(answered.failures).toEqual({});
    expect((await inspectService(bundle, 'api-b')).id).toBe(before.id);
    await set(`MODELS_PATH=${given.MODELS_PATH}`);
    expect((await inspectService(bundle, 'api-a')).health).toBe('healthy');
  },
  TIMEOUT_MS,
);

test(
  'what a shell holds leads no command to another project, and adds no service',
  async () => {
    const stray = {
      COMPOSE_PROJECT_NAME: 'web',
      COMPOSE_PROFILES: 'load',
      LOG_LEVEL: 'error',
      ORIGIN_BIND: '127.0.0.9',
    };
    const before = await standing();
    const run = stackOf(bundle, { ...process.env, ...stray });
    const up = await run('up');
    expect(up.code, up.stderr).toBe(0);
    expect(up.stderr).toContain('LOG_LEVEL of this shell is not read');
    // migrate runs with each up.
    expect([...(await standing())].filter(([name]) => name !== 'migrate')).toEqual(
      [...before].filter(([name]) => name !== 'migrate'),
    );
    const { containers } = JSON.parse((await run('status', '--json')).stdout);
    expect(containers.map(({ service }: { service: string }) => service)).not.toContain('k6');
  },
  TIMEOUT_MS,
);

test(
  'settings that are taken away leave the file as it was made, and every default in force',
  async () => {
    const { code, stderr } = await takeBack();
    expect(code, stderr).toBe(0);
    const text = await readFile(bundle.dir.envFile, 'utf8');
    for (const name of operatorSettings('bundle')) expect(text).not.toContain(`\n${name}=`);
    await eventually(async () => expect((await environmentOf('api-a')).LOG_LEVEL).toBe(''), {
      deadlineMs: 60_000,
    });
  },
  TIMEOUT_MS,
);
