import type { KeyPair } from './certificates.ts';
import { workOnKeys } from './keys/keyFiles.ts';
import { opensNothing } from './keys/keyState.ts';
import { LIST_FILE, LIST_HOLDERS } from './keys/serviceKeys.ts';
import { missingSecrets, type SecretPath } from './lookAtSecrets.ts';
import { differingOverlaySecrets, requireOverlaySecrets } from './overlaySecrets.ts';
import { lookAtPublicCertificate } from './publicCertificate.ts';
import { dueFiles, type RenderInput } from './renderedFiles.ts';
import type { SecretOwner } from './secretPlan.ts';
import { type WrittenAt, writtenNow, writtenSecrets } from './writtenSecrets.ts';

export interface InstallationInput extends RenderInput {
  /** The operator's own certificate, where he brings one. */
  brought?: KeyPair | undefined;
  /** Volumes of this bundle that the engine has, by their names in the Compose file. */
  volumes: string[];
}

/** What is to be written below `secrets/`. */
export interface InstallationLook {
  /** Files that get their content now. */
  files: SecretPath[];
  /** As it will be then. */
  writtenAt: WrittenAt;
  /** Why the public certificate, one of our own, is made anew. */
  remade?: string;
}

/**
 * Looks at what is below `secrets/`, and changes nothing. It reads files of other users: root's work. Throws
 * PreconditionError for what keeps an installation from being made: wrong modes, half a pair, a certificate that cannot serve.
 */
export async function lookAtInstallation(input: InstallationInput): Promise<InstallationLook> {
  const { tree, settings, brought, overlaySecrets, volumes } = input;
  await requireOverlaySecrets(tree, overlaySecrets);
  const secrets = await missingSecrets(tree, volumes);
  const overlays = await differingOverlaySecrets(tree, overlaySecrets);
  const name = settings.ORIGIN_PUBLIC_NAME;
  const { files, remade } = await lookAtPublicCertificate(tree, { name, brought });
  const rendered = await dueFiles(input);
  const keys = await workOnKeys({ tree, step: 'look', services: [], nowMs: Date.now() });
  const lists = keys.some(opensNothing)
    ? LIST_HOLDERS.map((holder) => pathOf({ folder: holder, file: LIST_FILE }))
    : [];
  const all = [...secrets, ...overlays.map(pathOf), ...files, ...rendered.map(pathOf), ...lists];
  const paths = [...new Set(all)];
  return {
    files: paths,
    writtenAt: writtenNow(await writtenSecrets(tree, overlaySecrets), paths),
    ...(remade === undefined ? {} : { remade }),
  };
}

const pathOf = ({ folder, file }: { folder: SecretOwner; file: string }): SecretPath => `${folder}/${file}`;
