import { statSync } from 'node:fs';
import { readSettings, SettingsError } from '@origin-stack/core/config/readSettings';
import type { SettingName } from '@origin-stack/core/config/settings';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type Form, operatorSettings, WHERE_GIVEN } from './whereGiven.ts';

/** Settings that an operator gives, as texts; what is not given, or empty, is by default. */
export type GivenSettings = Partial<Record<SettingName, string>>;

/** What a form gives where the operator gives nothing, and that differs from the default of the processes. */
export const FORM_DEFAULTS: Record<Form, GivenSettings> = {
  bundle: { ENVIRONMENT: 'production' },
  embedded: { ENVIRONMENT: 'development', DATABASE_POOL_MIN: '4' },
};

/** The engine kills a container 30 s after it told it to stop; `./stack down` waits 120 s for API and worker in turn. */
const LONGEST_STOP_SECONDS: Record<Form, number> = { bundle: 25, embedded: 50 };

/**
 * What is wrong with them in this form, each as `NAME: why`: by the very schema that the processes read them with, alone and
 * together.
 */
export function settingProblems(form: Form, given: GivenSettings): string[] {
  const operators: string[] = operatorSettings(form);
  const own = operatorsOf(form, given);
  const problems = schemaProblems({ ...FORM_DEFAULTS[form], ...own }).filter((problem) =>
    operators.includes(problem.replace(/:.*/s, '')),
  );
  for (const [name, value] of Object.entries(own)) {
    const { path } = WHERE_GIVEN[name as SettingName];
    const problem = path && pathProblem(form, path, value);
    if (problem) problems.push(`${name}: ${problem}`);
  }
  const longest = LONGEST_STOP_SECONDS[form];
  if (Number(own.SHUTDOWN_TIMEOUT_SECONDS ?? 0) > longest) {
    problems.push(
      `SHUTDOWN_TIMEOUT_SECONDS: must be ${longest} at the most, since a stop ends by force soon after`,
    );
  }
  return problems;
}

/** An engine would make a folder that is not there, as root's. */
function pathProblem(form: Form, kind: 'file' | 'folder', path: string): string | undefined {
  if (!path.startsWith('/')) return `must be the whole path of a ${kind}, from / on`;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!(kind === 'file' ? found?.isFile() : found?.isDirectory())) return `there is no ${kind} ${path}`;
  if (form === 'embedded' || kind === 'file') return undefined;
  if (path.includes(':')) return 'a folder that is mounted must have no colon in its path';
  const isOpen = ((found?.mode ?? 0) & 0o005) === 0o005;
  return isOpen ? undefined : `containers must be able to read it: chmod o+rx ${path}`;
}

/** Throws PreconditionError with everything that is wrong, and where it is written. */
export function requireSettings(form: Form, given: GivenSettings, file: string): void {
  const problems = settingProblems(form, given);
  if (problems.length === 0) return;
  const [name = ''] = problems[0]?.split(':') ?? [];
  throw new PreconditionError({
    what: `${file} has settings that cannot be`,
    why: problems.join('\n'),
    next: `./stack config set ${name}=…, or mend the file`,
  });
}

/** Those of all that are the operator's in this form and not empty, in the order of the list. */
export const operatorsOf = (form: Form, all: GivenSettings): GivenSettings =>
  Object.fromEntries(operatorSettings(form).flatMap((name) => (all[name] ? [[name, all[name]]] : [])));

function schemaProblems(env: GivenSettings): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}
