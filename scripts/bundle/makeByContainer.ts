import type { InstallationInput } from './lookAtInstallation.ts';
import type { MadeInstallation } from './makeInstallation.ts';
import { workByContainer } from './workByContainer.ts';

/** Makes `secrets/` by a container, for an operator who is not root. */
export const makeByContainer = (input: InstallationInput): Promise<MadeInstallation> =>
  workByContainer({
    program: 'makeInstallation',
    version: input.settings.ORIGIN_VERSION,
    input,
    failure: 'the secrets could not be made by a container',
  });
