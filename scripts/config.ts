import { lockOfBundle } from './bundle/findBundle.ts';
import { planSetInBundle, setInBundle } from './bundle/setInBundle.ts';
import { setInEmbedded } from './embedded/setInEmbedded.ts';
import { type CommandResult, defineCommand, type Plan } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { changeLines, changesOf, requireOperators } from './settings/settingChange.ts';
import { listSettings, settingRow } from './settings/settingRows.ts';
import { type SettingsHere, settingsHere } from './settings/settingsHere.ts';

const LIST = 'list';
const GET = 'get';
const SET = 'set';

export const command = defineCommand({
  name: 'config',
  summary: 'Show and change the settings of API and worker',
  arguments: { usage: 'list | get NAME | set NAME=VALUE…', min: 1, max: 64 },
  details:
    'set checks values as the processes do, writes them, and restarts who reads them in the bundle, one replica of the API after ' +
    'the other; the embedded default reads them when it starts again. NAME= takes a setting away. ' +
    "The file is compose/.env for the bundle, settings.env in the embedded default's state; both may be edited by hand. " +
    'Secrets are files: list --all says where each comes from.',
  examples: [
    './stack config list',
    './stack config list --all',
    './stack config get RETENTION_UPLOADS_DAYS',
    './stack config set RETENTION_UPLOADS_DAYS=365 LOG_LEVEL=warn',
    './stack config set LOG_LEVEL=',
  ],
  flags: {
    all: { type: 'boolean', summary: 'list: with what the installation gives, and how each is changed' },
    embedded: { type: 'boolean', summary: 'the embedded default, also where a bundle was made' },
    'state-dir': stateDirFlag,
  },
  lock: async ({ flags, args: [verb] }) =>
    verb === SET && !flags.embedded ? await lockOfBundle(flags['state-dir']) : undefined,
  looksItself: true,
  async plan({ flags, args }): Promise<Plan> {
    const here = await settingsHere(flags);
    const [verb] = args;
    if (verb !== SET) {
      look(here, args, flags.all);
      return { summary: 'would show settings', steps: [{ action: `${verb} settings, and change nothing` }] };
    }
    const changes = changesOf(here.form, pairsOf(args), here.given);
    const steps =
      here.form === 'bundle'
        ? await planSetInBundle(here.dir, changes)
        : changeLines(changes, here.given).map((action) => ({ action }));
    return { summary: steps.length > 0 ? `would write ${here.file}` : 'it is set so', steps };
  },
  async run({ flags, args, progress, signal }) {
    const here = await settingsHere(flags);
    if (args[0] !== SET) return look(here, args, flags.all);
    const { given } = here;
    const change = { given, changes: changesOf(here.form, pairsOf(args), given) };
    return here.form === 'bundle'
      ? await setInBundle(here.dir, change, { progress, signal })
      : await setInEmbedded(here.dir, change);
  },
});

function look(here: SettingsHere, [verb, name, ...more]: string[], all: boolean): CommandResult {
  if (verb === LIST && name === undefined) return listSettings(here, all);
  if (verb === GET && name !== undefined && more.length === 0) {
    const row = settingRow(here.form, requireOperators(here.form, name), here.given);
    return { data: row, text: row.value ?? '' };
  }
  throw new UsageError({
    what:
      verb === GET ? 'get takes one name' : verb === LIST ? 'list takes no name' : `config has no "${verb}"`,
    why: 'it has list, get and set',
    next: './stack config --help',
  });
}

function pairsOf([, ...pairs]: string[]): string[] {
  if (pairs.length > 0) return pairs;
  throw new UsageError({ what: 'set takes NAME=VALUE', next: './stack config set LOG_LEVEL=debug' });
}
