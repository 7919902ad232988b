import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { removeTemporaries, writeFilesTogether } from '../lib/writeFilesTogether.ts';
import { certificatesIn, type KeyPair } from './certificates.ts';
import { certifiesName } from './certifiesName.ts';
import { isSelfSigned } from './isSelfSigned.ts';
import type { SecretPath } from './lookAtSecrets.ts';
import { isEnding, isMadeHere, makeHere } from './madeHere.ts';
import { parseCertificate } from './renewDue.ts';
import { FILE_MODE, readSecret, type SecretTree, uidOf, writeSecret } from './secretFiles.ts';
import { servingFault } from './shakeHands.ts';

/** The public certificate, and what there is to say of it. */
export interface PublicCertificate {
  fingerprint: string;
  notAfter: string;
  isSelfSigned: boolean;
  /** Why one of our own was made in the place of another. */
  remade?: string;
  /** What the operator must do himself. */
  warning?: string;
}

interface Wanted {
  name: string;
  /** The operator's own, where he names files. */
  brought?: KeyPair | undefined;
}

/** What is to be written. */
interface PublicCertificateLook {
  /** Undefined where what is there stays. */
  pair: KeyPair | 'self-signed' | undefined;
  files: SecretPath[];
  /** Why one of our own is made in the place of another. */
  remade?: string;
}

/**
 * Gives nginx its public certificate: the operator's where files are named, what is there, else one that vouches for
 * itself; one of our own is made anew in time. Throws PreconditionError, with nothing changed, where what is brought is
 * unreadable, does not belong together, is over or has another name, and where what is there cannot be served. That what
 * is there is over is said alone: callers who look at the time are refused by themselves, and all others are served.
 */
export async function openPublicCertificate(tree: SecretTree, wanted: Wanted): Promise<PublicCertificate> {
  const { name } = wanted;
  const { pair, remade } = await lookAtPublicCertificate(tree, wanted);
  if (pair) await write(tree, pair === 'self-signed' ? await makeHere(name) : pair);
  const served = await readPair(tree);
  await requireServing({ ...served, name, file: fileOf(tree) });
  // A second copy for whoever runs the commands: nginx's folder is nginx's alone.
  if (!(await isCopied(tree, served))) {
    await writeSecret(tree, { folder: 'operator', file: 'public.crt', content: served.certificate });
  }
  const leaf = new X509Certificate(served.certificate);
  const over = whyNotInTime(leaf);
  return {
    fingerprint: leaf.fingerprint256,
    notAfter: leaf.validToDate.toISOString(),
    isSelfSigned: isSelfSigned(leaf),
    ...(remade === undefined ? {} : { remade }),
    ...(over === undefined ? {} : { warning: `${over}: ./stack up --cert F --key F` }),
  };
}

/** What `openPublicCertificate` would write; throws as it would. */
export async function lookAtPublicCertificate(
  tree: SecretTree,
  { name, brought }: Wanted,
): Promise<PublicCertificateLook> {
  const known = await readPair(tree);
  const { pair, remade } = await choosePair(known, { name, brought });
  if (pair) {
    const files: SecretPath[] = ['nginx/public.key', 'nginx/public.crt', 'operator/public.crt'];
    return { pair, files, ...(remade === undefined ? {} : { remade }) };
  }
  await requireServing({ ...known, name, file: fileOf(tree) });
  return { pair, files: (await isCopied(tree, known)) ? [] : ['operator/public.crt'] };
}

async function choosePair(
  known: KeyPair,
  { name, brought }: Wanted,
): Promise<Pick<PublicCertificateLook, 'pair' | 'remade'>> {
  if (brought) {
    await requireBrought(brought, name);
    const isKnown = known.certificate === brought.certificate && known.key === brought.key;
    return { pair: isKnown ? undefined : brought };
  }
  if (known.certificate === '') return { pair: 'self-signed' };
  // One of our own follows the name and the time; one that somebody brought stays until he brings another.
  const leaf = leafOf(known);
  if (!leaf || !isMadeHere(leaf)) return { pair: undefined };
  const remade = problemOf({ ...known, name }) ?? whyEnding(leaf);
  return remade === undefined ? { pair: undefined } : { pair: 'self-signed', remade };
}

/** Throws PreconditionError for a pair that the operator names and nobody could connect by. */
export const requireBrought = (pair: KeyPair, name: string): Promise<void> =>
  requireServing({ ...pair, name, file: 'of --cert' }, whyNotInTime);

const fileOf = ({ root }: SecretTree) => join(root, 'nginx', 'public.crt');

/** Empty texts where there is none. */
async function readPair(tree: SecretTree): Promise<KeyPair> {
  const read = async (file: string) => (await readSecret(tree, 'nginx', file))?.toString() ?? '';
  return { certificate: await read('public.crt'), key: await read('public.key') };
}

const isCopied = async (tree: SecretTree, { certificate }: KeyPair) =>
  (await readSecret(tree, 'operator', 'public.crt'))?.toString() === certificate;

async function write(tree: SecretTree, { certificate, key }: KeyPair): Promise<void> {
  const files = [
    { file: 'public.key', content: key },
    { file: 'public.crt', content: certificate },
  ];
  const folder = join(tree.root, 'nginx');
  await removeTemporaries(folder, (name) => files.some(({ file }) => file === name));
  await writeFilesTogether(
    files.map(({ file, content }) => ({ path: join(folder, file), content })),
    { mode: FILE_MODE, uid: uidOf(tree, 'nginx') },
  );
}

const GIVE_BOTH = 'give the full chain, the leaf first, and its key, both in PEM: --cert F --key F';

/** Throws PreconditionError for what cannot be served, also where `whyNot` finds a reason. */
async function requireServing(
  given: KeyPair & { name: string; file: string },
  whyNot: (leaf: X509Certificate) => string | undefined = () => undefined,
): Promise<void> {
  const leaf = leafOf(given);
  const why = problemOf(given) ?? (leaf && whyNot(leaf)) ?? (await servingFault(given));
  if (why === undefined) return;
  const what = `the certificate ${given.file} cannot serve https://${given.name}`;
  throw new PreconditionError({ what, why, next: GIVE_BOTH });
}

/** Whatever the time. */
function problemOf({ certificate, key, name }: KeyPair & { name: string }): string | undefined {
  const leaf = leafOf({ certificate });
  // nginx reads the whole file, and refuses what is cut off and two lines that have become one.
  const parts = certificatesIn(certificate);
  const isWhole = parts.length === certificate.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (!leaf || !isWhole || !parts.every((part) => parseCertificate(part)))
    return 'it is no certificate in PEM';
  const privateKey = parse(() => createPrivateKey(key));
  if (!privateKey) return 'its key is no unencrypted private key in PEM';
  if (!leaf.checkPrivateKey(privateKey)) return 'the key belongs to another certificate';
  if (certifiesName(leaf, name)) return undefined;
  if (leaf.subjectAltName !== undefined) return `it names ${leaf.subjectAltName}`;
  return 'it names nobody in subjectAltName, and no client looks at the common name';
}

function whyNotInTime(leaf: X509Certificate): string | undefined {
  if (leaf.validToDate.getTime() < Date.now()) return `it expired on ${leaf.validTo}`;
  return leaf.validFromDate.getTime() > Date.now() ? `it is not valid before ${leaf.validFrom}` : undefined;
}

const whyEnding = (leaf: X509Certificate): string | undefined =>
  isEnding(leaf, Date.now()) ? (whyNotInTime(leaf) ?? `it ends on ${leaf.validTo}`) : undefined;

const leafOf = ({ certificate }: Pick<KeyPair, 'certificate'>): X509Certificate | undefined =>
  parseCertificate(certificatesIn(certificate)[0]);

function parse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
