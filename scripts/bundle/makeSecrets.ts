import { issue, type KeyPair, makeAuthority } from './certificates.ts';
import { IDENTITIES } from './identities.ts';
import { allFiles, asFolders, missingSecrets, SECRET_FOLDERS, type SecretPath } from './lookAtSecrets.ts';
import { refuseWrongModes } from './refuseWrongModes.ts';
import { openFolder, readSecret, type SecretFolder, type SecretTree, writeSecret } from './secretFiles.ts';
import { SECRET_PLAN } from './secretPlan.ts';

const AUTHORITY_DAYS = 3650;
/** Renewed when a third is left; see `renew-certs` in the design. */
export const INTERNAL_DAYS = 365;

/**
 * Makes every secret and certificate that is not there yet, each readable by its one reader, with what is made of it; changes
 * nothing else that is there. Returns what was made. Throws PreconditionError as `missingSecrets` does, before the first is made.
 */
export async function makeSecrets(tree: SecretTree, volumes: string[] = []): Promise<SecretPath[]> {
  const missing = await missingSecrets(tree, volumes);
  for (const folder of SECRET_FOLDERS) await openFolder(tree, folder);
  // Before the first secret: none may be written where another could read it.
  await refuseWrongModes(tree, asFolders);
  const isMissing = (folder: SecretFolder, file: string) => missing.includes(`${folder}/${file}`);
  const write = (folder: SecretFolder, file: string, content: string | Uint8Array) =>
    writeSecret(tree, { folder, file, content });
  const writePair = async (folder: SecretFolder, name: string, { certificate, key }: KeyPair) => {
    await write(folder, `${name}.key`, key);
    await write(folder, `${name}.crt`, certificate);
  };
  if (isMissing('ca', 'ca.key')) {
    await writePair('ca', 'ca', await makeAuthority('Origin Stack internal CA', AUTHORITY_DAYS));
  }
  const authority = {
    certificate: await textOf(tree, 'ca', 'ca.crt'),
    key: await textOf(tree, 'ca', 'ca.key'),
  };
  for (const { name, commonName, dnsNames } of IDENTITIES) {
    if (isMissing(name, 'ca.crt')) await write(name, 'ca.crt', authority.certificate);
    if (!isMissing(name, 'tls.key')) continue;
    const names = [...dnsNames, 'localhost'];
    await writePair(name, 'tls', await issue(authority, { commonName, names, days: INTERNAL_DAYS }));
  }
  const known = new Map<string, Buffer>();
  for (const { owner, file, make } of SECRET_PLAN) {
    let content = await readSecret(tree, owner, file);
    if (!content || isMissing(owner, file)) {
      content = Buffer.from(make((path) => known.get(path)?.toString('utf8') ?? unplanned(path)));
      await write(owner, file, content);
    }
    known.set(`${owner}/${file}`, content);
  }
  await refuseWrongModes(tree, [...asFolders, ...allFiles]);
  return missing;
}

async function textOf(tree: SecretTree, folder: SecretFolder, file: string): Promise<string> {
  const content = await readSecret(tree, folder, file);
  if (!content) throw new Error(`${folder}/${file} went away`);
  return content.toString();
}

function unplanned(path: string): never {
  throw new Error(`the plan reads ${path} before it is made`);
}
