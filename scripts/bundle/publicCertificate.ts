import { createPrivateKey, X509Certificate } from 'node:crypto';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type KeyPair, selfSigned } from './certificates.ts';
import { certifiesName } from './certifiesName.ts';
import { isSelfSigned } from './isSelfSigned.ts';
import type { SecretPath } from './lookAtSecrets.ts';
import { readSecret, type SecretTree, writeSecret } from './secretFiles.ts';

/** Browsers refuse more than 398 days. */
const SELF_SIGNED_DAYS = 397;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Where the public certificate came from. */
export type PublicCertificate = { fingerprint: string; notAfter: string; isSelfSigned: boolean };

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
}

/**
 * Gives nginx its public certificate: the operator's where files are named, what is there, else one that vouches for
 * itself. Throws PreconditionError, with nothing changed, where a file is unreadable, the pair does not belong
 * together, the time is over or the name is another one.
 */
export async function openPublicCertificate(tree: SecretTree, wanted: Wanted): Promise<PublicCertificate> {
  const { name } = wanted;
  const { pair } = await lookAtPublicCertificate(tree, wanted);
  if (pair) await write(tree, pair === 'self-signed' ? await selfSigned(name, SELF_SIGNED_DAYS) : pair);
  const served = await readPair(tree);
  check({ ...served, name, file: `${tree.root}/nginx/public.crt` });
  // A second copy for whoever runs the commands: nginx's folder is nginx's alone.
  if (!(await isCopied(tree, served))) {
    await writeSecret(tree, { folder: 'operator', file: 'public.crt', content: served.certificate });
  }
  const leaf = new X509Certificate(served.certificate);
  return {
    fingerprint: leaf.fingerprint256,
    notAfter: leaf.validToDate.toISOString(),
    isSelfSigned: isSelfSigned(leaf),
  };
}

/** What `openPublicCertificate` would write; throws as it would. */
export async function lookAtPublicCertificate(
  tree: SecretTree,
  { name, brought }: Wanted,
): Promise<PublicCertificateLook> {
  const known = await readPair(tree);
  const pair = choosePair(known, { name, brought });
  if (pair) return { pair, files: ['nginx/public.key', 'nginx/public.crt', 'operator/public.crt'] };
  check({ ...known, name, file: `${tree.root}/nginx/public.crt` });
  return { pair, files: (await isCopied(tree, known)) ? [] : ['operator/public.crt'] };
}

function choosePair(known: KeyPair, { name, brought }: Wanted): PublicCertificateLook['pair'] {
  if (brought) {
    check({ ...brought, name, file: 'of --cert' });
    const isKnown = known.certificate === brought.certificate && known.key === brought.key;
    return isKnown ? undefined : brought;
  }
  if (known.certificate === '') return 'self-signed';
  // A certificate of our own follows the name; one that somebody brought stays until he brings another.
  const leaf = new X509Certificate(known.certificate);
  return isSelfSigned(leaf) && !certifiesName(leaf, name) ? 'self-signed' : undefined;
}

/** Empty texts where there is none. */
async function readPair(tree: SecretTree): Promise<KeyPair> {
  const read = async (file: string) => (await readSecret(tree, 'nginx', file))?.toString() ?? '';
  return { certificate: await read('public.crt'), key: await read('public.key') };
}

const isCopied = async (tree: SecretTree, { certificate }: KeyPair) =>
  (await readSecret(tree, 'operator', 'public.crt'))?.toString() === certificate;

async function write(tree: SecretTree, { certificate, key }: KeyPair): Promise<void> {
  await writeSecret(tree, { folder: 'nginx', file: 'public.key', content: key });
  await writeSecret(tree, { folder: 'nginx', file: 'public.crt', content: certificate });
}

const GIVE_BOTH = 'give the full chain, the leaf first, and its key, both in PEM: --cert F --key F';

function check(given: { certificate: string; key: string; name: string; file: string }): void {
  const why = problemOf(given);
  if (why === undefined) return;
  const what = `the certificate ${given.file} cannot serve https://${given.name}`;
  throw new PreconditionError({ what, why, next: GIVE_BOTH });
}

function problemOf({ certificate, key, name }: { certificate: string; key: string; name: string }) {
  const leaf = parse(() => new X509Certificate(certificate.match(CERTIFICATE)?.[0] ?? ''));
  if (!leaf) return 'it is no certificate in PEM';
  const privateKey = parse(() => createPrivateKey(key));
  if (!privateKey) return 'its key is no unencrypted private key in PEM';
  if (!leaf.checkPrivateKey(privateKey)) return 'the key belongs to another certificate';
  if (leaf.validToDate.getTime() < Date.now()) return `it expired on ${leaf.validTo}`;
  if (leaf.validFromDate.getTime() > Date.now()) return `it is not valid before ${leaf.validFrom}`;
  if (!certifiesName(leaf, name)) return `it names ${leaf.subjectAltName ?? 'nobody'}`;
  return undefined;
}

function parse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
