import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../lib/command.ts';
import type { BundleDir } from './bundleDir.ts';
import { type BundleSettings, changedSettings } from './bundleSettings.ts';
import { readChoices } from './initBundle.ts';
import type { InitChoices } from './initChoices.ts';
import { type InstallationInput, type InstallationLook, lookAtInstallation } from './lookAtInstallation.ts';
import { SECRET_FOLDERS, type SecretPath } from './lookAtSecrets.ts';
import type { SecretTree } from './secretFiles.ts';
import { withTextfile } from './textfileFolder.ts';
import { workByContainer } from './workByContainer.ts';
import type { WrittenAt } from './writtenSecrets.ts';

export interface InitPlan {
  settings: BundleSettings;
  /** By it is seen whose process has not read what will be there. */
  writtenAt: WrittenAt;
  steps: Plan['steps'];
}

/**
 * What `initBundle` would write. `canLook` is false where this user looks by a container whose image is not there yet.
 */
export async function planInit(
  dir: BundleDir,
  choices: InitChoices,
  { canLook }: { canLook: boolean },
): Promise<InitPlan> {
  const { known, settings, input, textfile } = await readChoices(dir, choices);
  const ofSettings = settingSteps(dir, known, settings);
  if (textfile !== 'there')
    ofSettings.push({ action: `make ${dir.textfile}, which holds metrics`, path: dir.textfile });
  if (!canLook && (await hasFolders(input.tree))) {
    const action = `make what is missing in ${dir.secrets}: this user sees it when the image app is there`;
    return { settings, writtenAt: {}, steps: [{ action, folder: dir.secrets }, ...ofSettings] };
  }
  const { files, remade, ...found } = await look(input);
  const writtenAt = await withTextfile(found.writtenAt, dir.textfile);
  const anew = remade === undefined ? [] : [{ action: remakingOf(remade) }];
  return { settings, writtenAt, steps: [...anew, ...secretSteps(dir, files), ...ofSettings] };
}

const remakingOf = (why: string) =>
  `make the self-signed public certificate anew: ${why}; callers must be told to trust the new one`;

/** By a container where this user may not look. */
async function look(input: InstallationInput): Promise<InstallationLook> {
  const isOwn = process.getuid?.() === 0 || !(await hasFolders(input.tree));
  if (isOwn) return await lookAtInstallation(input);
  return await workByContainer({
    program: 'lookAtInstallation',
    tag: input.settings.ORIGIN_TAG_APP ?? '',
    input,
    failure: 'the secrets could not be looked at by a container',
  });
}

/** Whether there is something that only its reader may look at. */
async function hasFolders({ root }: SecretTree): Promise<boolean> {
  const found = await readdir(root).catch((): string[] => []);
  return SECRET_FOLDERS.some((folder) => found.includes(folder));
}

function secretSteps(dir: BundleDir, paths: SecretPath[]): Plan['steps'] {
  const byFolder = Map.groupBy(paths, (path) => path.split('/')[0] ?? '');
  return [...byFolder].map(([folder, ofFolder]) => {
    const files = ofFolder.map((path) => path.slice(folder.length + 1));
    return { action: `write in ${join(dir.secrets, folder)}: ${files.join(', ')}`, folder, files };
  });
}

function settingSteps(
  { envFile }: BundleDir,
  known: BundleSettings | undefined,
  settings: BundleSettings,
): Plan['steps'] {
  return changedSettings(known, settings).map(({ name, before, after }) => ({
    action: changeOf(name, before, after),
    setting: name,
    file: envFile,
  }));
}

function changeOf(name: string, before: string | undefined, after: string | undefined): string {
  if (name === 'ORIGIN_INSTALLATION') return 'give the installation an identity of its own, for good';
  if (after === undefined) return `take the setting ${name} away (${before})`;
  return before === undefined ? `set ${name}=${after}` : `change ${name} from ${before} to ${after}`;
}
