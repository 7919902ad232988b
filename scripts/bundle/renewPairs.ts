import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { removeTemporaries, writeFilesTogether } from '../lib/writeFilesTogether.ts';
import { issue, type KeyPair } from './certificates.ts';
import { IDENTITIES, type Identity, type IdentityName } from './identities.ts';
import { INTERNAL_DAYS } from './makeSecrets.ts';
import { refuseWrongModes } from './refuseWrongModes.ts';
import { parseCertificate, whyAuthorityEnds, whyDue } from './renewDue.ts';
import { FILE_MODE, isThere, readSecret, type SecretFolder, type SecretTree } from './secretFiles.ts';

const DAY_MS = 86_400_000;
const PAIR = ['tls.key', 'tls.crt'];

export interface RenewInput {
  tree: SecretTree;
  /** Whose pair is to be renewed; none only looks. */
  renew: IdentityName[];
  nowMs: number;
}

/** A pair as it lies on the disk. */
export interface PairState {
  identity: IdentityName;
  /** Hexadecimal, empty where there is no certificate. */
  serial: string;
  /** RFC 3339, empty where there is no certificate. */
  validTo: string;
  /** Why it is to be renewed. */
  due?: string;
}

export interface RenewedPairs {
  pairs: PairState[];
  /** Why a new authority is to be made, where it is. */
  authorityDue?: string;
  /** When the internal authority ends, RFC 3339. */
  authorityValidTo: string;
}

/**
 * Renews the pairs that are named and says how every pair is afterwards. Key and certificate change one right after the
 * other; a second call renews them again. It reads and gives away files of other users: root's work. Throws
 * PreconditionError, with nothing changed, where the authority is missing or over, or where a file or folder is a link
 * or has another owner or mode than its one reader needs.
 */
export async function renewPairs({ tree, renew, nowMs }: RenewInput): Promise<RenewedPairs> {
  await refuseWrongModes(tree, await pathsOf(tree));
  const authority = await readAuthority(tree, nowMs);
  const ca = new X509Certificate(authority.certificate);
  for (const identity of IDENTITIES.filter(({ name }) => renew.includes(name))) {
    await removeTemporaries(join(tree.root, identity.name), (file) => PAIR.includes(file));
    // A certificate that outlived its issuer would be refused by its end.
    const days = Math.min(INTERNAL_DAYS, (ca.validToDate.getTime() - nowMs) / DAY_MS);
    await writePair(tree, identity, await issue(authority, { ...requestOf(identity), days }));
  }
  const pairs: PairState[] = [];
  for (const identity of IDENTITIES) pairs.push(await stateOf(tree, identity, { authority: ca, nowMs }));
  const authorityDue = whyAuthorityEnds(ca, nowMs)?.why;
  return {
    pairs,
    authorityValidTo: ca.validToDate.toISOString(),
    ...(authorityDue === undefined ? {} : { authorityDue }),
  };
}

/** Everything that is read or replaced, as far as it is there. Throws PreconditionError where a folder is missing. */
async function pathsOf(tree: SecretTree): Promise<[SecretFolder, string][]> {
  const paths: [SecretFolder, string][] = [];
  const files: [SecretFolder, string[]][] = [
    ['ca', ['ca.crt', 'ca.key']],
    ...IDENTITIES.map(({ name }): [SecretFolder, string[]] => [name, ['tls.crt', 'tls.key']]),
  ];
  for (const [folder, names] of files) {
    if (!(await isThere(tree, folder, ''))) throw missing(join(tree.root, folder));
    paths.push([folder, '']);
    for (const name of names) if (await isThere(tree, folder, name)) paths.push([folder, name]);
  }
  return paths;
}

const missing = (path: string) =>
  new PreconditionError({ what: `${path} is not there`, next: 'restore it from a backup, or ./stack init' });

async function readAuthority(tree: SecretTree, nowMs: number): Promise<KeyPair> {
  const [certificate, key] = [await readSecret(tree, 'ca', 'ca.crt'), await readSecret(tree, 'ca', 'ca.key')];
  if (!certificate) throw missing(join(tree.root, 'ca', 'ca.crt'));
  if (!key) throw missing(join(tree.root, 'ca', 'ca.key'));
  const { validTo, validToDate } = new X509Certificate(certificate);
  if (validToDate.getTime() > nowMs) return { certificate: certificate.toString(), key: key.toString() };
  throw new PreconditionError({
    what: `the internal authority ended on ${validTo}`,
    why: 'nothing that it signs is believed any more',
    next: 'make a new one: see Internal certificates in docs/bundle.md',
  });
}

const requestOf = ({ commonName, dnsNames }: Identity) => ({ commonName, names: [...dnsNames, 'localhost'] });

async function writePair(tree: SecretTree, { name, uid }: Identity, pair: KeyPair): Promise<void> {
  const folder = join(tree.root, name);
  // The key first: with the certificate alone there would be nothing that tells that it is half of a renewal.
  await writeFilesTogether(
    [
      { path: join(folder, 'tls.key'), content: pair.key },
      { path: join(folder, 'tls.crt'), content: pair.certificate },
    ],
    { mode: FILE_MODE, uid },
  );
}

async function stateOf(
  tree: SecretTree,
  identity: (typeof IDENTITIES)[number],
  context: { authority: X509Certificate; nowMs: number },
): Promise<PairState> {
  const certificate = (await readSecret(tree, identity.name, 'tls.crt'))?.toString();
  const key = (await readSecret(tree, identity.name, 'tls.key'))?.toString();
  const due = whyDue({ certificate, key }, identity, context)?.why;
  const leaf = parseCertificate(certificate);
  return {
    identity: identity.name,
    serial: leaf?.serialNumber ?? '',
    validTo: leaf?.validToDate.toISOString() ?? '',
    ...(due === undefined ? {} : { due }),
  };
}
