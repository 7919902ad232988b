import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { theBundle } from './theBundle.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 420_000;
const isInstalled = await run('testssl', ['--version']).then(
  () => true,
  (error: { code?: number | string }) => error.code !== 'ENOENT',
);

interface Finding {
  id: string;
  severity: string;
  finding: string;
}

/** What a certificate without a public authority cannot have: the operator brings his own. */
const UNTRUSTED_ROOT =
  /^cert_(chain_of_trust|trust|revocation|crlDistributionPoints|ocspURL|caIssuers|notAfter|validityPeriod)|^cert_extlifeSpan|^DNS_CAArecord|^cert_mustStapleExtension|^cert_certificateTransparency|^OCSP_stapling/;

test.skipIf(!isInstalled)(
  'testssl finds nothing in the public listener but the root that nobody knows (apt-get install testssl.sh)',
  async () => {
    const bundle = await theBundle();
    const folder = await mkdtemp(join(tmpdir(), 'testssl-'));
    try {
      const file = join(folder, 'report.json');
      const options = ['--quiet', '--color', '0', '--warnings', 'off', '--ip', 'one', '--jsonfile', file];
      // Protocols, ciphers, forward secrecy, defaults, headers, vulnerabilities; not the simulation of old clients.
      const parts = ['--protocols', '--std', '--fs', '--server-defaults', '--headers', '--vulnerable'];
      await run('testssl', [...options, ...parts, bundle.url], { timeout: TIMEOUT_MS }).catch(
        (error: { code?: number; stdout: string }) => {
          // The exit code counts findings; what they are is in the report.
          if (typeof error.code !== 'number') throw error;
        },
      );
      const findings = JSON.parse(await readFile(file, 'utf8')) as Finding[];
      const about = (id: string) => findings.find((one) => one.id === id);
      expect(about('TLS1_3')?.severity).toBe('OK');
      expect(about('TLS1')?.finding).toMatch(/not offered/);
      expect(about('HSTS_time')?.severity).toBe('OK');
      const bad = findings
        .filter(({ severity }) => ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity))
        .filter(({ id }) => !UNTRUSTED_ROOT.test(id));
      expect(bad).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);
