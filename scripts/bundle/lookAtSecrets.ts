import { createPrivateKey, X509Certificate } from 'node:crypto';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { KeyPair } from './certificates.ts';
import { IDENTITIES } from './identities.ts';
import { refuseWrongModes } from './refuseWrongModes.ts';
import { isThere, readSecret, type SecretFolder, type SecretTree } from './secretFiles.ts';
import { derivedToRewrite, requireOpeners } from './secretPairs.ts';
import { SECRET_PLAN } from './secretPlan.ts';

/** A file below `secrets/`. */
export type SecretPath = `${SecretFolder}/${string}`;

/** Every folder below `secrets/` that `init` makes; `backups` comes with the first rotation. */
export const SECRET_FOLDERS: readonly SecretFolder[] = [
  'ca',
  'operator',
  ...IDENTITIES.map(({ name }) => name),
];

/** Every folder, as `refuseWrongModes` takes it. */
export const asFolders: [SecretFolder, string][] = SECRET_FOLDERS.map((folder) => [folder, '']);

/** Every file of the plan and every certificate with its key. */
export const allFiles: [SecretFolder, string][] = [
  ['ca', 'ca.crt'],
  ['ca', 'ca.key'],
  ...IDENTITIES.flatMap(({ name }) =>
    ['ca.crt', 'tls.crt', 'tls.key'].map((file): [SecretFolder, string] => [name, file]),
  ),
  ...SECRET_PLAN.map(({ owner, file }): [SecretFolder, string] => [owner, file]),
];

/**
 * The secrets and certificates that are not there yet, and those that are made of others and differ from them. Throws
 * PreconditionError where a part of a pair is missing, or what opens the data in `volumes`, or an owner or a mode is wrong:
 * each with what to type. Changes nothing.
 */
export async function missingSecrets(tree: SecretTree, volumes: string[] = []): Promise<SecretPath[]> {
  await refuseWrongModes(tree, await present(tree, asFolders));
  if (!(await readSecret(tree, 'ca', 'ca.crt')) && (await hasLeaf(tree))) {
    throw new PreconditionError({
      what: `${tree.root}/ca/ca.crt is missing, and certificates that it signed are there`,
      why: 'a new authority would end what they serve',
      next: `restore it from a backup, or copy it: cp -p ${tree.root}/api/ca.crt ${tree.root}/ca/ca.crt`,
    });
  }
  const missing: SecretPath[] = [];
  const want = async (folder: SecretFolder, file: string) => {
    if (!(await readSecret(tree, folder, file))) missing.push(`${folder}/${file}`);
  };
  missing.push(...(await missingPair(tree, 'ca', 'ca')));
  for (const { name } of IDENTITIES) {
    await want(name, 'ca.crt');
    missing.push(...(await missingPair(tree, name, 'tls')));
  }
  for (const { owner, file } of SECRET_PLAN) await want(owner, file);
  requireOpeners(tree, missing, volumes);
  missing.push(...(await derivedToRewrite(tree, volumes)));
  await refuseWrongModes(tree, await present(tree, allFiles));
  return missing;
}

async function present(tree: SecretTree, paths: [SecretFolder, string][]): Promise<[SecretFolder, string][]> {
  const found = await Promise.all(paths.map(([folder, file]) => isThere(tree, folder, file)));
  return paths.filter((_, index) => found[index]);
}

async function hasLeaf(tree: SecretTree): Promise<boolean> {
  const leaves = await Promise.all(IDENTITIES.map(({ name }) => readSecret(tree, name, 'tls.crt')));
  return leaves.some((leaf) => leaf !== undefined);
}

/** False also for what cannot be read. */
function belongTogether({ certificate, key }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** A certificate with its key: both are there, or both are to be made, the key first, since it is what counts. */
async function missingPair(tree: SecretTree, folder: SecretFolder, name: string): Promise<SecretPath[]> {
  const certificate = await readSecret(tree, folder, `${name}.crt`);
  const key = await readSecret(tree, folder, `${name}.key`);
  if (certificate && key) {
    if (belongTogether({ certificate: certificate.toString(), key: key.toString() })) return [];
    throw new PreconditionError({
      what: `${tree.root}/${folder}/${name}.key is the key of another certificate`,
      why: 'a renewal was cut short, or one of the two was replaced by hand',
      next: name === 'ca' ? 'restore both from a backup' : './stack renew-certs',
    });
  }
  if (certificate) {
    throw new PreconditionError({
      what: `${tree.root}/${folder}/${name}.key is missing, and its certificate is there`,
      why: 'what it signed or serves cannot go on without it',
      next: `restore it from a backup, or remove ${name}.crt too so that both are made anew`,
    });
  }
  return [`${folder}/${name}.key`, `${folder}/${name}.crt`];
}
