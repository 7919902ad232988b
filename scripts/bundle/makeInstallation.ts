import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporaries } from '../lib/writeFilesTogether.ts';
import { workOnKeys } from './keys/keyFiles.ts';
import { isUnlisted } from './keys/keyState.ts';
import type { ServiceName } from './keys/serviceKeys.ts';
import { type InstallationInput, lookAtInstallation } from './lookAtInstallation.ts';
import { SECRET_FOLDERS } from './lookAtSecrets.ts';
import { makeSecrets } from './makeSecrets.ts';
import { writeOverlaySecrets } from './overlaySecrets.ts';
import { openPublicCertificate, type PublicCertificate } from './publicCertificate.ts';
import { writeRendered } from './renderedFiles.ts';
import { type WrittenAt, writtenSecrets } from './writtenSecrets.ts';

export interface MadeInstallation {
  /** Secrets that were made now, as `folder/file`. */
  made: string[];
  /** By it is seen whose process has not read what is there. */
  writtenAt: WrittenAt;
  certificate: PublicCertificate;
  /** Services whose key opens nothing yet. */
  unlisted: ServiceName[];
}

/** Makes what is below `secrets/`. It gives files to other users: root's work. */
export async function makeInstallation(input: InstallationInput): Promise<MadeInstallation> {
  const { tree, settings, brought, overlaySecrets, volumes } = input;
  await mkdir(tree.root, { recursive: true });
  // What cannot be is said before anything is made.
  await lookAtInstallation(input);
  const made = await makeSecrets(tree, volumes);
  await writeOverlaySecrets(tree, overlaySecrets);
  const certificate = await openPublicCertificate(tree, { name: settings.ORIGIN_PUBLIC_NAME, brought });
  await writeRendered(input);
  await removeHalves(tree.root);
  const keys = await workOnKeys({ tree, step: 'look', services: [], nowMs: Date.now() });
  const unlisted = keys.filter(isUnlisted).map(({ service }) => service);
  return { made, writtenAt: await writtenSecrets(tree, overlaySecrets), certificate, unlisted };
}

/** What a killed run left of files that are there whole by now: half a secret is one too. */
async function removeHalves(root: string): Promise<void> {
  for (const folder of SECRET_FOLDERS) {
    await removeTemporaries(join(root, folder), (file) => existsSync(join(root, folder, file)));
  }
}
