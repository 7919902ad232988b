import { readFileSync } from 'node:fs';
import { passwordProblem } from './passwordProblem.ts';
import { SETTINGS, type Setting, type SettingName, type Settings } from './settings.ts';
import { isPlaceholder } from './settingTypes.ts';

/** Everything that is wrong with the settings, at once. */
export class SettingsError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(
      `${problems.length} problem${problems.length === 1 ? '' : 's'} with the settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/**
 * The settings from an environment. A value given as `<NAME>_FILE` is read from that file, without its last newline
 * and without the byte order mark that editors on Windows put before it.
 * Throws {@link SettingsError} with every problem; no value stands in a message.
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    try {
      values[name] = readOne(name, SETTINGS[name] as Setting, env);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  // What could not be read is a problem already: no contradiction is looked for in it.
  const isRead = (name: SettingName) => name in values;
  problems.push(...contradictions(values as Settings, isRead));
  if (problems.length > 0) throw new SettingsError(problems);
  return values as Settings;
}

/**
 * Some settings of this process, or of another environment, for a command that needs no more and is given no more. Throws
 * {@link SettingsError} with every problem of those.
 */
export function processSettingsOf<N extends SettingName>(
  names: readonly N[],
  env: Record<string, string | undefined> = process.env,
): Pick<Settings, N> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of names) {
    try {
      values[name] = readOne(name, SETTINGS[name] as Setting, env);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as Pick<Settings, N>;
}

/** The settings of this process. */
export const processSettings = (): Settings => readSettings(process.env);

function readOne(name: string, setting: Setting, env: Record<string, string | undefined>): unknown {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  if (direct && file) throw new Error(`is given twice: take away ${name} or ${name}_FILE`);
  const given = file ? readSecretFile(file, `${name}_FILE`) : direct;
  if (given !== undefined && given !== '') return setting.type.parse(given);
  if (setting.fallback !== undefined || setting.optional) return setting.fallback;
  throw new Error(`is missing (${setting.help}; ${setting.type.expects})`);
}

/** The path stays out of the message: who sets the wrong variable puts the secret itself there. */
function readSecretFile(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff|\r?\n$/g, '');
  } catch (error) {
    throw new Error(`cannot read the file that ${variable} names: ${(error as NodeJS.ErrnoException).code}`);
  }
}

const REQUIRED_BY_PROVIDER = {
  local: ['SIGNING_KEY_PATH', 'LOCAL_ENCRYPTION_SALT'],
  aws_kms: ['AWS_REGION', 'WRAPPING_KEY_ID', 'PEPPER_KEY_ID'],
  vault: ['VAULT_ADDR', 'VAULT_ROLE_ID', 'VAULT_SECRET_ID', 'WRAPPING_KEY_ID', 'PEPPER_KEY_ID'],
} as const;

/** What is wrong with values that are each right. */
function contradictions(settings: Settings, isRead: (name: SettingName) => boolean): string[] {
  const problems: string[] = [];
  const lacks = (name: SettingName) => isRead(name) && !settings[name];
  const provider = settings.SIGNING_KEY_PROVIDER;
  for (const name of isRead('SIGNING_KEY_PROVIDER') ? REQUIRED_BY_PROVIDER[provider] : []) {
    if (lacks(name)) problems.push(`${name}: is missing, SIGNING_KEY_PROVIDER=${provider} needs it`);
  }
  if (settings.MINIO_ENDPOINT) {
    for (const name of ['MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY'] as const) {
      if (lacks(name)) problems.push(`${name}: is missing, MINIO_ENDPOINT needs it`);
    }
  } else if (lacks('MINIO_ENDPOINT') && lacks('OBJECTS_PATH')) {
    problems.push('MINIO_ENDPOINT: is missing, and so is OBJECTS_PATH: evidence packs have no place');
  }
  if (settings.DATABASE_POOL_MIN > settings.DATABASE_POOL_MAX) {
    problems.push('DATABASE_POOL_MIN: is larger than DATABASE_POOL_MAX');
  }
  problems.push(...tlsContradictions(settings, lacks));
  if (settings.ENVIRONMENT === 'production') problems.push(...notForProduction(settings, lacks));
  return problems;
}

const TLS_FILES = ['TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE'] as const;

function tlsContradictions(settings: Settings, lacks: (name: SettingName) => boolean): string[] {
  const given = TLS_FILES.filter((name) => settings[name]);
  if (given.length === 0) {
    return settings.TLS_EXTRA_CA_FILE ? ['TLS_EXTRA_CA_FILE: is of use only with TLS_CERT_FILE'] : [];
  }
  const missing = TLS_FILES.filter(lacks).map((name) => `${name}: is missing, ${given[0]} needs it`);
  // Who names an identity means it: a connection beside it in the clear would be a mistake.
  const plain = [
    ['REDIS_URL', 'rediss'],
    ['MINIO_ENDPOINT', 'https'],
    ['VAULT_ADDR', 'https'],
  ] as const;
  const inTheClear = plain
    .filter(([name, scheme]) => settings[name] && !settings[name].startsWith(`${scheme}://`))
    .map(([name, scheme]) => `${name}: must begin with ${scheme}:// where ${given[0]} is set`);
  return [...missing, ...inTheClear];
}

function notForProduction(settings: Settings, lacks: (name: SettingName) => boolean): string[] {
  const problems: string[] = [];
  if (settings.SIGNING_KEY_PROVIDER === 'local') {
    problems.push('SIGNING_KEY_PROVIDER: local keys are for development and test only');
  }
  if (lacks('MINIO_ENDPOINT')) {
    problems.push('MINIO_ENDPOINT: is missing; a local folder is for development and test only');
  }
  if (settings.PUBLIC_URL?.startsWith('http://')) {
    problems.push('PUBLIC_URL: must begin with https:// in production');
  }
  for (const name of ['DATABASE_URL', 'REDIS_URL'] as const) {
    const problem = settings[name] && passwordProblem(settings[name]);
    if (problem) problems.push(`${name}: ${problem}`);
  }
  if (settings.VAULT_ADDR?.startsWith('http://') && !settings.TLS_CERT_FILE) {
    problems.push('VAULT_ADDR: must begin with https:// in production');
  }
  for (const name of ['SIGNING_KEY_ID', 'WRAPPING_KEY_ID', 'PEPPER_KEY_ID'] as const) {
    if (settings[name] && isPlaceholder(settings[name])) {
      problems.push(`${name}: is a placeholder: name the key that was made`);
    }
  }
  if (settings.IP_ALLOWLIST_FAIL_OPEN) problems.push('IP_ALLOWLIST_FAIL_OPEN: is for development only');
  return problems;
}
