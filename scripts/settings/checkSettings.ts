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
    if (path === undefined) continue;
    if (!value.startsWith('/')) problems.push(`${name}: must be the whole path of a ${path}, from / on`);
    else if (form === 'bundle' && value.includes(':'))
      problems.push(`${name}: a mounted path must have no colon`);
  }
  const longest = LONGEST_STOP_SECONDS[form];
  if (Number(own.SHUTDOWN_TIMEOUT_SECONDS ?? 0) > longest) {
    problems.push(
      `SHUTDOWN_TIMEOUT_SECONDS: must be ${longest} at the most, since a stop ends by force soon after`,
    );
  }
  return problems;
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
