import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SettingName } from '@origin-stack/core/config/settings';
import type { CommandResult } from '../lib/command.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { type GivenSettings, operatorsOf } from '../settings/checkSettings.ts';
import { editEnvFile } from '../settings/envFile.ts';
import { restartedBy } from '../settings/settingRows.ts';
import { findRunning } from './runState.ts';
import type { StateDir } from './stateDir.ts';

const HEADER =
  '# Settings of the embedded default. Change them by ./stack config set, or here; no secret belongs here.\n';

/** Writes the settings into the file; says what to type where something runs that read it before. */
export async function setInEmbedded(
  dir: StateDir,
  { given, changes }: { given: GivenSettings; changes: GivenSettings },
): Promise<CommandResult> {
  const text = (await readIfThere(dir.settingsFile))?.toString() ?? HEADER;
  await mkdir(dirname(dir.settingsFile), { recursive: true, mode: 0o700 });
  const values = { ...operatorsOf('embedded', { ...given, ...changes }) };
  await writeFileAtomically(dir.settingsFile, editEnvFile(text, values), { mode: 0o600 });
  const restarts = restartedBy('embedded', Object.keys(changes) as SettingName[]);
  const isWaiting = restarts.length > 0 && (await findRunning(dir)) !== undefined;
  const later = `; ${restarts.join(' and ')} read it after ./stack down and ./stack up --embedded, as you typed them`;
  return {
    data: { file: dir.settingsFile, restarts, pending: isWaiting },
    text: `set in ${dir.settingsFile}${isWaiting ? later : ''}`,
  };
}
