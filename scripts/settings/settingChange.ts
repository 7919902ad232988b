import type { SettingName } from '@origin-stack/core/config/settings';
import { UsageError } from '../lib/commandErrors.ts';
import { nearestName } from '../lib/nearestName.ts';
import { type GivenSettings, settingProblems } from './checkSettings.ts';
import { valueProblem } from './envFile.ts';
import { type Form, howElse, operatorSettings } from './whereGiven.ts';

/** A setting that an operator gives in this form. Throws UsageError with the nearest one, or with where it is given. */
export function requireOperators(form: Form, name: string): SettingName {
  const names = operatorSettings(form);
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  const how = howElse(form, name);
  if (how !== undefined) {
    throw new UsageError({ what: `${name} is not set by config`, why: `the installation gives it: ${how}` });
  }
  const near = nearestName(name, names);
  throw new UsageError({
    what: `there is no setting ${name}`,
    ...(near ? { why: `did you mean ${near}?` } : {}),
    next: './stack config list',
  });
}

/**
 * What `NAME=VALUE…` changes; an empty value takes the setting away, so that its default counts. Throws UsageError for a value
 * that cannot be, alone or with the others, and says why.
 */
export function changesOf(form: Form, pairs: string[], given: GivenSettings): GivenSettings {
  const changes: GivenSettings = {};
  for (const pair of pairs) {
    const [, name = pair, value] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    const setting = requireOperators(form, name);
    if (value === undefined) {
      throw new UsageError({ what: `${name} has no value`, next: `./stack config set ${name}=VALUE` });
    }
    const problem = valueProblem(value);
    if (problem !== undefined) throw new UsageError({ what: `${name} cannot be that`, why: `it ${problem}` });
    changes[setting] = value;
  }
  const problems = settingProblems(form, { ...given, ...changes });
  if (problems.length === 0) return changes;
  const names = Object.keys(changes).join(', ');
  throw new UsageError({
    what: `${names} cannot be set so`,
    why: problems.join('\n'),
    next: './stack config list',
  });
}

/** Of changes, those that differ from what is there, as they are told to the operator. */
export const changeLines = (changes: GivenSettings, given: GivenSettings): string[] =>
  Object.entries(changes)
    .filter(([name, value]) => (given[name as SettingName] ?? '') !== value)
    .map(([name, value]) => {
      const before = given[name as SettingName];
      if (value === '') return `take ${name} away (${before}): its default counts`;
      return before ? `change ${name} from ${before} to ${value}` : `set ${name}=${value}`;
    });
