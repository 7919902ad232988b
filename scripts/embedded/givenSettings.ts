import { readIfThere } from '../lib/readIfThere.ts';
import { type GivenSettings, requireSettings } from '../settings/checkSettings.ts';
import { type EnvFileNames, parseEnvFile } from '../settings/envFile.ts';
import { howElse, operatorSettings } from '../settings/whereGiven.ts';
import type { StateDir } from './stateDir.ts';

export const embeddedNames = (): EnvFileNames => ({
  known: operatorSettings('embedded'),
  belongs: (name) => howElse('embedded', name),
});

/**
 * What the operator gives the embedded default, by the file in its state; nothing where there is none. Throws
 * PreconditionError with the lines that are not as they must be, and the settings that cannot be.
 */
export async function readGivenSettings(dir: StateDir): Promise<GivenSettings> {
  const given = await readSettingsFile(dir);
  requireSettings('embedded', given, dir.settingsFile);
  return given;
}

/** The same, for a command that mends what cannot be: what stands there, well or not. */
export async function readSettingsFile({ settingsFile }: StateDir): Promise<GivenSettings> {
  const text = await readIfThere(settingsFile);
  return text ? parseEnvFile(text.toString(), settingsFile, embeddedNames()) : {};
}
