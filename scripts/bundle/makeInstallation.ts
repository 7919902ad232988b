import type { BundleSettings } from './bundleSettings.ts';
import type { KeyPair } from './certificates.ts';
import { makeSecrets } from './makeSecrets.ts';
import { openPublicCertificate, type PublicCertificate } from './publicCertificate.ts';
import type { SecretTree } from './secretFiles.ts';
import { writeSite } from './writeSite.ts';

export interface InstallationInput {
  tree: SecretTree;
  settings: BundleSettings;
  /** The operator's own certificate, where he brings one. */
  brought?: KeyPair | undefined;
}

export interface MadeInstallation {
  /** Secrets that were made now, as `folder/file`. */
  made: string[];
  certificate: PublicCertificate;
}

/** Makes what is below `secrets/`. It gives files to other users: root's work. */
export async function makeInstallation({
  tree,
  settings,
  brought,
}: InstallationInput): Promise<MadeInstallation> {
  const made = await makeSecrets(tree);
  const certificate = await openPublicCertificate(tree, { name: settings.ORIGIN_PUBLIC_NAME, brought });
  await writeSite(tree, settings);
  return { made, certificate };
}
