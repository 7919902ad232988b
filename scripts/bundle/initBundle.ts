import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { scaledFiles } from '../alerts/scaledFiles.ts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { removeTemporaries } from '../lib/writeFilesTogether.ts';
import type { BundleDir } from './bundleDir.ts';
import {
  type BundleSettings,
  changedSettings,
  readBundleSettings,
  writeBundleSettings,
} from './bundleSettings.ts';
import type { KeyPair } from './certificates.ts';
import { engineAnswers } from './compose.ts';
import { copiedFiles } from './copiedFiles.ts';
import { volumesOf } from './dataVolumes.ts';
import { type InitChoices, settingsOf } from './initChoices.ts';
import { generateKeys } from './keys/generateKeys.ts';
import type { InstallationInput } from './lookAtInstallation.ts';
import { makeByContainer } from './makeByContainer.ts';
import { type MadeInstallation, makeInstallation } from './makeInstallation.ts';
import { overlaySecrets } from './overlaySecrets.ts';
import { requireOwnProject } from './ownership.ts';
import { tagsOfCheckout } from './pinnedImages.ts';
import { requireBrought } from './publicCertificate.ts';
import { readGiven } from './readGiven.ts';
import { openTree } from './secretFiles.ts';
import { lookAtTextfile, openTextfile, withTextfile } from './textfileFolder.ts';
import { tryByNginx } from './tryCertificate.ts';

export interface Initialised extends Omit<MadeInstallation, 'unlisted'> {
  settings: BundleSettings;
}

/**
 * Makes the bundle's settings, secrets and certificates where they are not there yet. A second call changes nothing
 * but what the choices name.
 */
export async function initBundle(dir: BundleDir, choices: InitChoices): Promise<Initialised> {
  const { known, settings, input } = await readChoices(dir, choices);
  if (input.brought) {
    await requireBrought(input.brought, settings.ORIGIN_PUBLIC_NAME);
    await tryByNginx(settings, input.brought);
  }
  const isRoot = process.getuid?.() === 0;
  const { unlisted, ...made } = isRoot ? await makeInstallation(input) : await makeByContainer(input);
  if (changedSettings(known, settings).length > 0) {
    await mkdir(dirname(dir.envFile), { recursive: true });
    await writeBundleSettings(dir, settings);
  }
  await removeTemporaries(dirname(dir.envFile), (file) => file === basename(dir.envFile));
  if (unlisted.length > 0) await generateKeys(dir, unlisted);
  await openTextfile({ path: dir.textfile, uid: input.tree.operatorUid });
  return { ...made, settings, writtenAt: await withTextfile(made.writtenAt, dir.textfile) };
}

/** What is to be made. Throws UsageError and PreconditionError for choices that cannot be. Changes nothing. */
export async function readChoices(dir: BundleDir, choices: InitChoices) {
  if ((choices.cert === undefined) !== (choices.key === undefined)) {
    throw new UsageError({ what: '--cert and --key belong together', next: './stack init --cert F --key F' });
  }
  await requireWayToSecrets();
  const known = await readBundleSettings(dir);
  const settings = settingsOf(dir, { ...choices, tags: await tagsOfCheckout() }, known);
  await requireOwnProject(dir, settings);
  const input: InstallationInput = {
    tree: await openTree(dir.secrets),
    settings,
    brought: await broughtBy(choices),
    overlaySecrets: [
      ...(await overlaySecrets(settings, choices.overlaySecrets ?? [])),
      ...(await copiedFiles(settings)),
    ],
    scaledAlerts: await scaledFiles(settings),
    volumes: await volumesOf(settings.COMPOSE_PROJECT_NAME),
  };
  const textfile = await lookAtTextfile({ path: dir.textfile, uid: input.tree.operatorUid });
  return { known, settings, input, textfile };
}

async function requireWayToSecrets(): Promise<void> {
  if (process.getuid?.() === 0 || (await engineAnswers())) return;
  throw new PreconditionError({
    what: 'no Docker engine with Compose answers',
    why: 'who is not root makes the secrets by a container',
    next: './stack engine --yes, or type this as root',
  });
}

const CERT_AND_KEY = 'name a PEM file: --cert F --key F';

/** The pair that the operator names. */
async function broughtBy({ cert, key }: InitChoices): Promise<KeyPair | undefined> {
  if (cert === undefined || key === undefined) return undefined;
  return { certificate: await readGiven(cert, CERT_AND_KEY), key: await readGiven(key, CERT_AND_KEY) };
}
