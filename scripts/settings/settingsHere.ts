import { existsSync } from 'node:fs';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { bundleNames, bundleSettingsIn } from '../bundle/bundleSettings.ts';
import { engineAnswers } from '../bundle/compose.ts';
import { findBundle } from '../bundle/findBundle.ts';
import { embeddedNames, readSettingsFile } from '../embedded/givenSettings.ts';
import { locateStateDir, type StateDir } from '../embedded/stateDir.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type GivenSettings, operatorsOf } from './checkSettings.ts';
import type { EnvFileNames } from './envFile.ts';

/** The settings of the installation that is here, and the file that holds them. */
export type SettingsHere = { file: string; given: GivenSettings; names: EnvFileNames } & (
  | { form: 'bundle'; dir: BundleDir }
  | { form: 'embedded'; dir: StateDir }
);

/**
 * The settings of what is here: of the bundle where one was made, of the embedded default where it runs, ran, or is named. Throws
 * PreconditionError where neither was made and an engine answers, since `up` would make a bundle then.
 */
export async function settingsHere(flags: {
  embedded: boolean;
  'state-dir'?: string | undefined;
}): Promise<SettingsHere> {
  const bundle = flags.embedded ? undefined : await findBundle(flags['state-dir']);
  if (bundle) {
    const given = operatorsOf('bundle', bundleSettingsIn(bundle) ?? {});
    return { form: 'bundle', dir: bundle, file: bundle.envFile, given, names: bundleNames() };
  }
  const dir = locateStateDir(flags['state-dir']);
  const isMade = existsSync(dir.settingsFile) || existsSync(dir.postgresData);
  if (flags.embedded || isMade || !(await engineAnswers())) {
    const given = await readSettingsFile(dir);
    return { form: 'embedded', dir, file: dir.settingsFile, given, names: embeddedNames() };
  }
  throw new PreconditionError({
    what: 'nothing was made here yet',
    why: 'settings belong to a bundle, or to the embedded default',
    next: './stack init, then this again; or this with --embedded',
  });
}
