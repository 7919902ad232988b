import { mkdir } from 'node:fs/promises';
import { PreconditionError } from '../lib/commandErrors.ts';
import { issue, type KeyPair, makeAuthority } from './certificates.ts';
import { IDENTITIES } from './identities.ts';
import {
  openFolder,
  readSecret,
  type SecretFolder,
  type SecretTree,
  writeSecret,
  wrongModes,
} from './secretFiles.ts';
import { SECRET_PLAN } from './secretPlan.ts';

const AUTHORITY_DAYS = 3650;
/** Renewed when a third is left; see `renew-certs` in the design. */
export const INTERNAL_DAYS = 365;

/**
 * Makes every secret and certificate that is not there yet, each readable by its one reader, and changes nothing that
 * is there. Returns what was made, as `folder/file`. Throws PreconditionError where a part of a pair is missing, or
 * an owner or a mode is wrong: each with what to type.
 */
export async function makeSecrets(tree: SecretTree): Promise<string[]> {
  await mkdir(tree.root, { recursive: true });
  const made: string[] = [];
  const folders: SecretFolder[] = ['ca', 'operator', ...IDENTITIES.map(({ name }) => name)];
  for (const folder of folders) await openFolder(tree, folder);
  const write = async (folder: SecretFolder, file: string, content: string | Uint8Array) => {
    await writeSecret(tree, { folder, file, content });
    made.push(`${folder}/${file}`);
  };
  const authority = await pair(tree, { folder: 'ca', name: 'ca' }, write, () =>
    makeAuthority('Origin Stack internal CA', AUTHORITY_DAYS),
  );
  for (const { name, commonName, dnsNames } of IDENTITIES) {
    if (!(await readSecret(tree, name, 'ca.crt'))) await write(name, 'ca.crt', authority.certificate);
    await pair(tree, { folder: name, name: 'tls' }, write, () =>
      issue(authority, { commonName, names: [...dnsNames, 'localhost'], days: INTERNAL_DAYS }),
    );
  }
  const known = new Map<string, Buffer>();
  for (const { owner, file, make } of SECRET_PLAN) {
    let content = await readSecret(tree, owner, file);
    if (!content) {
      content = Buffer.from(make((path) => known.get(path)?.toString('utf8') ?? missing(path)));
      await write(owner, file, content);
    }
    known.set(`${owner}/${file}`, content);
  }
  await refuseWrongModes(tree, folders);
  return made;
}

function missing(path: string): never {
  throw new Error(`the plan reads ${path} before it is made`);
}

type Write = (folder: SecretFolder, file: string, content: string) => Promise<void>;

/** A certificate with its key: both are there, or both are made. The key is written first, since it is what counts. */
async function pair(
  tree: SecretTree,
  { folder, name }: { folder: SecretFolder; name: string },
  write: Write,
  make: () => Promise<KeyPair>,
): Promise<KeyPair> {
  const certificate = await readSecret(tree, folder, `${name}.crt`);
  const key = await readSecret(tree, folder, `${name}.key`);
  if (certificate && key) return { certificate: certificate.toString(), key: key.toString() };
  if (certificate) {
    throw new PreconditionError({
      what: `${tree.root}/${folder}/${name}.key is missing, and its certificate is there`,
      why: 'what it signed or serves cannot go on without it',
      next: `restore it from a backup, or remove ${name}.crt too so that both are made anew`,
    });
  }
  const fresh = await make();
  await write(folder, `${name}.key`, fresh.key);
  await write(folder, `${name}.crt`, fresh.certificate);
  return fresh;
}

async function refuseWrongModes(tree: SecretTree, folders: SecretFolder[]): Promise<void> {
  const files: [SecretFolder, string][] = [
    ...folders.map((folder): [SecretFolder, string] => [folder, '']),
    ['ca', 'ca.crt'],
    ['ca', 'ca.key'],
    ...IDENTITIES.flatMap(({ name }) =>
      ['ca.crt', 'tls.crt', 'tls.key'].map((file): [SecretFolder, string] => [name, file]),
    ),
    ...SECRET_PLAN.map(({ owner, file }): [SecretFolder, string] => [owner, file]),
  ];
  const wrong = await wrongModes(tree, files);
  if (wrong.length === 0) return;
  throw new PreconditionError({
    what: 'secrets have another owner or mode than their one reader needs',
    why: wrong.join('\n'),
    next: 'type the commands above, then this again',
  });
}
