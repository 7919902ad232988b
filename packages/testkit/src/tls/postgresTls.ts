import { chmod, chown, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { TestCertificate } from './testAuthority.ts';

/**
 * Makes a running test server speak TLS with this certificate, and admit `role` (or several, with commas) only over TLS with a client certificate
 * of that name. Others stay as they are. A second call renews the certificate.
 */
export async function demandPostgresTls(
  superuserUrl: string,
  { role, certificate }: { role: string; certificate: TestCertificate },
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const dataDir: string = (await client.query('show data_directory')).rows[0].data_directory;
    const { uid, gid } = await stat(dataDir);
    for (const [name, file] of Object.entries(certificate)) {
      const target = join(dataDir, `tls.${name}`);
      await copyFile(file, target);
      await chmod(target, 0o600);
      await chown(target, uid, gid);
    }
    const hba = join(dataDir, 'pg_hba.conf');
    const rules = `hostssl all ${role} all scram-sha-256 clientcert=verify-full\nhost all ${role} all reject\n`;
    const before = await readFile(hba, 'utf8');
    if (!before.startsWith(rules)) await writeFile(hba, rules + before);
    for (const [name, value] of [
      ['ssl_ca_file', 'tls.ca'],
      ['ssl_cert_file', 'tls.cert'],
      ['ssl_key_file', 'tls.key'],
      ['ssl', 'on'],
    ]) {
      await client.query(`alter system set ${name} = '${value}'`);
    }
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}
