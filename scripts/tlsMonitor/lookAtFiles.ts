import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { IDENTITIES, type IdentityName } from '../bundle/identities.ts';
import type { SecretTree } from '../bundle/secretFiles.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** A chain takes a few thousand bytes; whatever is larger is none. */
const MAX_BYTES = 1_048_576;

/** Whose a certificate is: the public listener's, the internal authority itself, or an identity's. */
export type Holder = 'public' | 'authority' | IdentityName;

/** A file with certificates as it lies on the disk, and whether its key fits. The key itself is not in it. */
export interface FileLook {
  holder: Holder;
  path: string;
  /** Each certificate as PEM text, the leaf first; empty where none can be read. */
  chain: string[];
  /** Why there is none. */
  why?: string;
  /** Why the key cannot be its key, where that is so. */
  keyFault?: string;
  /** This user may not read one of the two. */
  isDenied: boolean;
}

const FILES: readonly { holder: Holder; folder: string; name: string }[] = [
  { holder: 'public', folder: 'nginx', name: 'public' },
  { holder: 'authority', folder: 'ca', name: 'ca' },
  ...IDENTITIES.map(({ name }) => ({ holder: name, folder: name, name: 'tls' })),
];

/** Every certificate of a bundle with its key, as this user may read them. Changes nothing. */
export async function lookAtFiles({ tree }: { tree: SecretTree }): Promise<FileLook[]> {
  return await Promise.all(
    FILES.map(({ holder, folder, name }) => {
      const at = (ending: string) => join(tree.root, folder, `${name}.${ending}`);
      return lookAtPair(holder, { certificate: at('crt'), key: at('key') });
    }),
  );
}

async function lookAtPair(holder: Holder, paths: { certificate: string; key: string }): Promise<FileLook> {
  const [certificate, key] = [await read(paths.certificate), await read(paths.key)];
  const look = { holder, path: paths.certificate, isDenied: certificate.isDenied || key.isDenied };
  if (certificate.text === undefined) return { ...look, chain: [], why: `it ${certificate.why}` };
  const chain = certificate.text.match(CERTIFICATE) ?? [];
  const leaf = parseLeaf(chain);
  if (!leaf) return { ...look, chain: [], why: 'it holds no certificates in PEM that can be read' };
  const fault = key.text === undefined ? `its key ${key.why}` : keyFault(leaf, key.text);
  return { ...look, chain: [...chain], ...(fault === undefined ? {} : { keyFault: fault }) };
}

/** The first certificate, where all of them can be read. */
function parseLeaf(chain: string[]): X509Certificate | undefined {
  try {
    const certificates = chain.map((pem) => new X509Certificate(pem));
    const hasTimes = certificates.every(({ validToDate: to }) => !Number.isNaN(to.getTime()));
    return hasTimes ? certificates[0] : undefined;
  } catch {
    return undefined;
  }
}

function keyFault(leaf: X509Certificate, text: string): string | undefined {
  try {
    return leaf.checkPrivateKey(createPrivateKey(text)) ? undefined : 'its key is of another certificate';
  } catch {
    return 'its key is no private key in PEM that can be read';
  }
}

interface Read {
  text?: string;
  /** As it goes on after "it". */
  why?: string;
  isDenied: boolean;
}

async function read(path: string): Promise<Read> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MAX_BYTES) return { why: 'is no file of that kind', isDenied: false };
    return { text: await readFile(path, 'utf8'), isDenied: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { why: 'is not there', isDenied: false };
    const isDenied = code === 'EACCES' || code === 'EPERM';
    return { why: isDenied ? 'may not be read by this user' : `cannot be read (${code})`, isDenied };
  }
}
