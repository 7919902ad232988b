import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, type Setting, type SettingName } from '@origin-stack/core/config/settings';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { type Secret, type SecretName, secretNames } from '../embedded/secretFiles.ts';
import { serviceSettings } from '../embedded/serviceSettings.ts';
import { locateStateDir } from '../embedded/stateDir.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { EXAMPLES, readAsProcess } from './test/examples.ts';
import { hasCompose, type RenderedService, renderCompose } from './test/renderCompose.ts';
import { operatorSettings, type Reader, WHERE_GIVEN } from './whereGiven.ts';

/** Services are told names of files alone. */
const noSecret = { file: '/nowhere/secret', value: '' };
const noSecrets = Object.fromEntries(Object.keys(secretNames).map((name) => [name, noSecret])) as Record<
  SecretName,
  Secret
>;

const parse = (name: SettingName, text: string) => (SETTINGS[name] as Setting).type.parse(text);

describe.skipIf(!hasCompose)(`in the bundle${hasCompose ? '' : ' (skipped: needs docker compose)'}`, () => {
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
  const bare = { ...goodSettings, ORIGIN_PLAIN: 'yes' };
  let rendered: Record<string, RenderedService>;
  let untouched: Record<string, RenderedService>;
  beforeAll(async () => {
    [rendered, untouched] = await Promise.all([renderCompose({ ...bare, ...EXAMPLES }), renderCompose(bare)]);
  });

  test.each(operatorSettings('bundle'))(
    '%s arrives in each process that reads it, and in no other',
    (name) => {
      const readers = WHERE_GIVEN[name].readers.flatMap((reader) => SERVICES[reader]);
      const text = INSIDE[name] ?? EXAMPLES[name] ?? '';
      for (const [service, { environment }] of Object.entries(rendered)) {
        const before = untouched[service]?.environment ?? {};
        if (!readers.includes(service)) {
          expect(environment[name], service).toBe(before[name]);
          continue;
        }
        expect(readAsProcess(name, before), `${service}, where nothing is set`).toEqual(
          name === 'WEBHOOK_ALLOWED_CIDRS' ? expect.any(Array) : (SETTINGS[name] as Setting).fallback,
        );
        const read = readAsProcess(name, environment);
        const wanted = parse(name, text);
        expect(read, service).toEqual(Array.isArray(wanted) ? expect.arrayContaining(wanted) : wanted);
      }
    },
  );

  test('a folder of models is mounted where its readers look for it, for reading', () => {
    for (const service of ['api-a', 'api-b', 'tools']) {
      expect(rendered[service]?.volumes).toContainEqual(
        expect.objectContaining({ source: EXAMPLES.MODELS_PATH, target: '/run/models', read_only: true }),
      );
    }
  });

  test('the receiver of the self-check listens where the bundle alone decides', () => {
    expect(rendered.tools?.environment.WEBHOOK_ALLOWED_CIDRS).toBe(`${bare.ORIGIN_SUBNET}.240/28`);
  });
});

describe('in the embedded default', () => {
  const dir = locateStateDir('/nowhere');
  const ports = { api: 1, internal: 2, workerInternal: 3 };
  const envOf = (service: 'api' | 'worker', given = EXAMPLES) =>
    serviceSettings(service, { dir, secrets: noSecrets, ports, given });

  test.each(operatorSettings('embedded'))(
    '%s arrives in each process that reads it, and in no other',
    (name) => {
      for (const service of ['api', 'worker'] as const) {
        const env = envOf(service);
        if (!WHERE_GIVEN[name].readers.includes(service)) {
          expect(env[name], service).toBe(envOf(service, {})[name]);
          continue;
        }
        const wanted = parse(name, EXAMPLES[name] ?? '');
        const read = readAsProcess(name, env);
        expect(read, service).toEqual(Array.isArray(wanted) ? expect.arrayContaining(wanted) : wanted);
      }
    },
  );
});

test('a proxy with its password is read from the file that an operator puts beside the embedded secrets', () => {
  const root = mkdtempSync(join(tmpdir(), 'origin-egress-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const dir = locateStateDir(root);
  const envOf = (service: 'api' | 'worker') =>
    serviceSettings(service, { dir, secrets: noSecrets, ports: { api: 1, internal: 2, workerInternal: 3 } });
  expect(envOf('worker').EGRESS_PROXY_URL_FILE).toBeUndefined();
  mkdirSync(dir.secrets);
  writeFileSync(join(dir.secrets, 'egress-proxy-url'), 'http://u:p@proxy:3128', { mode: 0o600 });
  for (const service of ['api', 'worker'] as const) {
    expect(envOf(service).EGRESS_PROXY_URL_FILE).toBe(join(dir.secrets, 'egress-proxy-url'));
  }
});

describe('the list of settings', () => {
  test.each(Object.keys(EXAMPLES) as SettingName[])('has an example of %s that is no default', (name) => {
    const { fallback } = SETTINGS[name] as Setting;
    expect(parse(name, EXAMPLES[name] ?? '')).not.toEqual(fallback);
  });

  test('has an example of each setting that an operator gives, and of no other', () => {
    const given = new Set([...operatorSettings('bundle'), ...operatorSettings('embedded')]);
    expect(Object.keys(EXAMPLES).sort()).toEqual([...given].sort());
  });

  test.each(Object.keys(EXAMPLES) as SettingName[])('names who reads %s, as the code does', (name) => {
    const isNamedIn = (folder: string) =>
      globSync('**/*.ts', { cwd: join(CHECKOUT, folder) })
        .filter((file) => !/(^|\/)(test|testing)\/|\.test\.ts$/.test(file))
        .some((file) => new RegExp(`\\b${name}\\b`).test(readFileSync(join(CHECKOUT, folder, file), 'utf8')));
    const { readers } = WHERE_GIVEN[name];
    if (isNamedIn('api/src')) expect(readers).toContain('api');
    if (isNamedIn('worker/src')) expect(readers).toContain('worker');
    const isCommon = isNamedIn('packages/core/src/infra');
    if (isCommon) expect(readers).toEqual(expect.arrayContaining(['api', 'worker']));
    for (const reader of readers) {
      if (reader !== 'commands') expect(isCommon || isNamedIn(`${reader}/src`), reader).toBe(true);
    }
  });
});
