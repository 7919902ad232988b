import type { InstallationInput } from './lookAtInstallation.ts';
import type { MadeInstallation } from './makeInstallation.ts';
import { workByContainer } from './workByContainer.ts';

/** Makes `secrets/` by a container, for an operator who is not root. */
export const makeByContainer = (input: InstallationInput): Promise<MadeInstallation> =>
  workByContainer({
    program: 'makeInstallation',
    tag: input.settings.ORIGIN_TAG_APP ?? '',
    input,
    failure: 'the secrets could not be made by a container',
  });
