import { createPrivateKey, X509Certificate } from 'node:crypto';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type KeyPair, selfSigned } from './certificates.ts';
import { certifiesName } from './certifiesName.ts';
import { readSecret, type SecretTree, writeSecret } from './secretFiles.ts';

/** Browsers refuse more than 398 days. */
const SELF_SIGNED_DAYS = 397;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Where the public certificate came from. */
export type PublicCertificate = { fingerprint: string; notAfter: string; isSelfSigned: boolean };

/**
 * Gives nginx its public certificate: the operator's where files are named, what is there, else one that vouches for
 * itself. Throws PreconditionError, with nothing changed, where a file is unreadable, the pair does not belong
 * together, the time is over or the name is another one.
 */
export async function openPublicCertificate(
  tree: SecretTree,
  { name, brought }: { name: string; brought?: KeyPair | undefined },
): Promise<PublicCertificate> {
  if (brought) {
    check({ ...brought, name, file: 'of --cert' });
    await write(tree, brought);
  } else {
    const known = await readSecret(tree, 'nginx', 'public.crt');
    // A certificate of our own follows the name; one that somebody brought stays until he brings another.
    const isOurs = known !== undefined && isSelfSigned(known.toString());
    if (!known || (isOurs && !certifiesName(new X509Certificate(known), name))) {
      await write(tree, await selfSigned(name, SELF_SIGNED_DAYS));
    }
  }
  const served = (await readSecret(tree, 'nginx', 'public.crt'))?.toString() ?? '';
  const key = (await readSecret(tree, 'nginx', 'public.key'))?.toString() ?? '';
  check({ certificate: served, key, name, file: `${tree.root}/nginx/public.crt` });
  // A second copy for whoever runs the commands: nginx's folder is nginx's alone.
  if ((await readSecret(tree, 'operator', 'public.crt'))?.toString() !== served) {
    await writeSecret(tree, { folder: 'operator', file: 'public.crt', content: served });
  }
  const leaf = new X509Certificate(served);
  return {
    fingerprint: leaf.fingerprint256,
    notAfter: leaf.validToDate.toISOString(),
    isSelfSigned: isSelfSigned(served),
  };
}

const isSelfSigned = (pem: string) => {
  const leaf = new X509Certificate(pem);
  return leaf.subject === leaf.issuer && leaf.verify(leaf.publicKey);
};

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
