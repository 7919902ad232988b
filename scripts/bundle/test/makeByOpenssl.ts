import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyPair } from '../certificates.ts';

/** A pair that vouches for itself, with a key of a kind that OpenSSL alone makes: `rsa:1024`, `ec:secp256k1`, `ed25519`. */
export async function makeByOpenssl(
  name: string,
  kind: string,
  extensions = [`subjectAltName=DNS:${name}`],
): Promise<KeyPair> {
  const [algorithm = '', curve = ''] = kind.split(':');
  const key = algorithm === 'ec' ? ['ec', '-pkeyopt', `ec_paramgen_curve:${curve}`] : [kind];
  const dir = await mkdtemp(join(tmpdir(), 'origin-openssl-'));
  try {
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-nodes', '-days', '9', '-subj', `/CN=${name}`, '-newkey', ...key],
      ...['-keyout', join(dir, 'key'), '-out', join(dir, 'certificate')],
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ]);
    const read = (file: string) => readFile(join(dir, file), 'utf8');
    return { certificate: await read('certificate'), key: await read('key') };
  } finally {
    await rm(dir, { recursive: true });
  }
}
