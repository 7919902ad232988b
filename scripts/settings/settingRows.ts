import { SETTINGS, type Setting, type SettingName } from '@origin-stack/core/config/settings';
import { alignColumns } from '../lib/alignColumns.ts';
import type { CommandResult } from '../lib/command.ts';
import { FORM_DEFAULTS, type GivenSettings } from './checkSettings.ts';
import { type Form, operatorSettings, type Reader, WHERE_GIVEN } from './whereGiven.ts';

/** One setting as it is here. A type, since it goes into JSON as it is. */
export type SettingRow = {
  name: SettingName;
  /** What counts; null where nothing is set and there is no default. */
  value: string | null;
  default: string | null;
  from: 'file' | 'default';
  /** What is restarted when it changes. */
  restarts: string[];
  expects: string;
  help: string;
};

/** The processes of each form that read a setting once, at their start. */
const RESTARTED: Record<Form, Record<Reader, string[]>> = {
  bundle: { api: ['api-a', 'api-b'], worker: ['worker'], commands: [] },
  embedded: { api: ['api'], worker: ['worker'], commands: [] },
};

/** Who must start again before a change of these counts. */
export const restartedBy = (form: Form, names: SettingName[]): string[] => [
  ...new Set(names.flatMap((name) => WHERE_GIVEN[name].readers.flatMap((reader) => RESTARTED[form][reader]))),
];

export function settingRow(form: Form, name: SettingName, given: GivenSettings): SettingRow {
  const { type, fallback, help } = SETTINGS[name] as Setting;
  const byForm = FORM_DEFAULTS[form][name];
  const usual = byForm ?? (fallback === undefined ? null : [fallback].flat().join(','));
  const set = given[name] || undefined;
  return {
    name,
    value: set ?? usual,
    default: usual,
    from: set === undefined ? 'default' : 'file',
    restarts: restartedBy(form, [name]),
    expects: type.expects,
    help,
  };
}

const shown = (text: string | null) => text || 'none';

/** Every setting of the operator; `all`: with those that the installation gives, and how each is changed. */
export function listSettings(
  { form, file, given }: { form: Form; file: string; given: GivenSettings },
  all: boolean,
): CommandResult {
  const rows = operatorSettings(form).map((name) => settingRow(form, name, given));
  const others = all ? othersOf(form) : [];
  const head = ['SETTING', 'VALUE', 'DEFAULT', 'FROM', 'A CHANGE RESTARTS'];
  const lines = rows.map((row) => [
    row.name,
    shown(row.value),
    shown(row.default),
    row.from,
    row.restarts.join(', ') || 'nothing',
  ]);
  const text = [
    ...alignColumns([head, ...lines]),
    '',
    `The file is ${file}. What each means: docs/reference/settings.md`,
  ];
  const more = alignColumns(others.map(({ name, by, how }) => [name, by, how]));
  return {
    data: { form, file, settings: rows, ...(all ? { others } : {}) },
    text: [...text, ...(all ? ['', 'Given by the installation:', ...more] : [])].join('\n'),
  };
}

function othersOf(form: Form) {
  return (Object.keys(WHERE_GIVEN) as SettingName[]).flatMap((name) => {
    const given = WHERE_GIVEN[name][form];
    return given === 'operator' ? [] : [{ name, by: given.by, how: given.how }];
  });
}
