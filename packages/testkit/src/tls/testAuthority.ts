import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Paths in PEM. `ca` is whom the holder believes. */
export interface TestCertificate {
  ca: string;
  cert: string;
  key: string;
}

export interface TestAuthority {
  dir: string;
  ca: string;
  /** Issues a certificate for server and client use; a second one of the same name takes the place of the first. */
  issue(name: string, options?: { hosts?: string[]; days?: number }): Promise<TestCertificate>;
  remove(): Promise<void>;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const LOOPBACK = ['DNS:localhost', 'IP:127.0.0.1'];

/** A certificate authority of a test's own, made with openssl. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-ca-'));
  const at = (file: string) => join(dir, file);
  const request = (args: string[]) => promisify(execFile)('openssl', ['req', '-x509', ...EC, ...args]);
  await request(['-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=test authority', '-days', '2']);
  return {
    dir,
    ca: at('ca.crt'),
    async issue(name, { hosts = LOOPBACK, days = 1 } = {}) {
      const files = { ca: at(`${name}.ca`), cert: at(`${name}.crt`), key: at(`${name}.key`) };
      const extensions = [
        'basicConstraints=critical,CA:FALSE',
        'extendedKeyUsage=serverAuth,clientAuth',
        `subjectAltName=${hosts.join(',')}`,
      ].flatMap((extension) => ['-addext', extension]);
      const from = [
        '-CA',
        at('ca.crt'),
        '-CAkey',
        at('ca.key'),
        '-subj',
        `/CN=${name}`,
        '-days',
        String(days),
      ];
      await request([...from, ...extensions, '-keyout', `${files.key}.new`, '-out', `${files.cert}.new`]);
      await copyFile(at('ca.crt'), files.ca);
      await rename(`${files.key}.new`, files.key);
      await rename(`${files.cert}.new`, files.cert);
      return files;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
