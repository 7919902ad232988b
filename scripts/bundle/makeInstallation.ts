import { mkdir } from 'node:fs/promises';
import { workOnKeys } from './keys/keyFiles.ts';
import { isUnlisted, stateOf } from './keys/keyState.ts';
import { type MadeKey, madeKeys } from './keys/madeKeys.ts';
import { SERVICE_KEYS } from './keys/serviceKeys.ts';
import { type InstallationInput, lookAtInstallation } from './lookAtInstallation.ts';
import type { SecretPath } from './lookAtSecrets.ts';
import { makeSecrets } from './makeSecrets.ts';
import { writeOverlaySecrets } from './overlaySecrets.ts';
import { openPublicCertificate, type PublicCertificate } from './publicCertificate.ts';
import { writeRendered } from './renderedFiles.ts';
import type { SecretTree } from './secretFiles.ts';
import { type WrittenAt, writtenSecrets } from './writtenSecrets.ts';

export interface MadeInstallation {
  /** Secrets that were made now, as `folder/file`. */
  made: string[];
  /** By it is seen whose process has not read what is there. */
  writtenAt: WrittenAt;
  certificate: PublicCertificate;
  /** Service keys among what was made. */
  keys: MadeKey[];
}

/** Makes what is below `secrets/`. It gives files to other users: root's work. */
export async function makeInstallation(input: InstallationInput): Promise<MadeInstallation> {
  const { tree, settings, brought, overlaySecrets } = input;
  await mkdir(tree.root, { recursive: true });
  // What cannot be is said before anything is made.
  await lookAtInstallation(input);
  const made = await makeSecrets(tree);
  const keys = await listNewKeys(tree, made);
  await writeOverlaySecrets(tree, overlaySecrets);
  const certificate = await openPublicCertificate(tree, { name: settings.ORIGIN_PUBLIC_NAME, brought });
  await writeRendered(input);
  return { made, writtenAt: await writtenSecrets(tree, overlaySecrets), certificate, keys };
}

/** A list that was there before does not know the keys that were made now, or by a run that was cut short. */
async function listNewKeys(tree: SecretTree, made: SecretPath[]): Promise<MadeKey[]> {
  const found = await workOnKeys({ tree, step: 'look', services: [], nowMs: Date.now() });
  const services = SERVICE_KEYS.filter(
    ({ service, folder, file }) => made.includes(`${folder}/${file}`) || isUnlisted(stateOf(found, service)),
  ).map(({ service }) => service);
  if (services.length === 0) return [];
  const states = await workOnKeys({ tree, step: 'generate', services, nowMs: Date.now() });
  return madeKeys(states, services);
}
