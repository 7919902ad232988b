import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../lib/progress.ts';
import { noteCertificates } from './noteCertificates.ts';
import { type BundleOnDisk, bundleOnDisk } from './test/bundleOnDisk.ts';
import { parseExposition } from './test/parseExposition.ts';

const isRoot = process.getuid?.() === 0;
let bundle: BundleOnDisk;

/** What is said while another command ends. */
async function note(signal = AbortSignal.timeout(30_000)) {
  let said = '';
  const progress = createProgress({ write: (text) => (said += text), live: false, color: false });
  await noteCertificates(bundle.dir, { progress, signal });
  return said;
}
const metricsFile = () => join(bundle.dir.textfile, 'certificates.prom');

describe.skipIf(!isRoot)(`at the end of up${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  beforeAll(async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere.sock');
    bundle = await bundleOnDisk();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bundle.remove();
  });
  beforeEach(() => bundle.reset());

  it('the metrics are written, and it is said that all is in order', async () => {
    expect(await note()).toMatch(/^looking at the certificates: 19 are in order/m);
    expect(parseExposition(await readFile(metricsFile(), 'utf8'))).toHaveLength(4 * 19);
  });

  it('a certificate that is not in order is said, and fails nothing', async () => {
    await rm(bundle.at('redis/tls.crt'));
    expect(await note()).toMatch(/: 1 of 19 are not in order: \.\/stack monitor-tls-certs$/m);
  });

  it('metrics that cannot be written are said with the reason, and fail nothing', async () => {
    await mkdir(metricsFile());
    expect(await note()).toMatch(
      /: the metrics cannot be written to \S+certificates.prom; it is a folder; name a/,
    );
  });

  it('an interruption ends it', async () => {
    await mkdir(metricsFile());
    await expect(note(AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  });
});
