import { chmod, chown, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateBundle } from '../bundle/bundleDir.ts';
import { makeAuthority, selfSigned } from '../bundle/certificates.ts';
import { initBundle } from '../bundle/initBundle.ts';
import { runTool } from '../engine/runTool.ts';
import { openContext } from './openContext.ts';
import { contextOf, issuesOf } from './test/contextOf.ts';

const isRoot = process.getuid?.() === 0;
let root: string;
const secret = (path: string) => join(root, 'secrets', path);
const look = (name: string) => issuesOf(name, contextOf(root, { engine: undefined }));

/** In a shell. */
async function type(fix: string): Promise<void> {
  const { code, output } = await runTool('sh', ['-c', fix]);
  expect(code, output).toBe(0);
}

describe.skipIf(!isRoot)(`fixes as they stand${isRoot ? '' : ' (skipped: needs root)'}`, () => {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'origin-stack-doctor-'));
    await initBundle(locateBundle(root), {});
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('secrets: chmod and chown give a secret back to its one reader', async () => {
    await chmod(secret('vault/seal-key'), 0o644);
    await chown(secret('redis/tls.key'), 0, 0);
    const found = await look('secrets');
    expect(found).toHaveLength(2);
    for (const { fix } of found) await type(fix);
    expect(await look('secrets')).toEqual([]);
    expect((await stat(secret('redis/tls.key'))).uid).toBe(10071);
  });

  it('secrets: what is missing is made by what it says to type', async () => {
    await rm(secret('api/redis-url'));
    const [found] = await look('secrets');
    expect(found?.fix).toMatch(/: \.\/stack init$/);
    await initBundle(locateBundle(root), {});
    expect(await look('secrets')).toEqual([]);
  });

  it('init goes on where it was cut short before nginx, or before its settings', async () => {
    const { dir } = contextOf(root);
    const existing = async () => issuesOf('init', await openContext(dir, AbortSignal.timeout(20_000)));
    expect(await existing()).toEqual([]);
    await rm(secret('nginx'), { recursive: true });
    expect((await existing()).map(({ what, fix }) => [what, fix])).toEqual([
      ['init was cut short: nginx has no secrets', './stack init'],
    ]);
    await initBundle(dir, {});
    expect(await existing()).toEqual([]);
    await rm(dir.envFile);
    expect((await existing())[0]?.fix).toBe('./stack init');
    await initBundle(dir, {});
    expect(await existing()).toEqual([]);
  });

  it('internal-certificates: init makes the copy of the authority anew that was another', async () => {
    const { dir } = contextOf(root);
    const file = secret('redis/ca.crt');
    await rm(file);
    await writeFile(file, (await makeAuthority('another', 30)).certificate);
    const [found] = await look('internal-certificates');
    expect(found?.what).toBe('secrets/redis/ca.crt is another than that of the internal authority');
    const [remove = '', rest] = found?.fix.split(' && ') ?? [];
    expect(rest).toBe('./stack up, then restart redis');
    await type(remove);
    await initBundle(dir, {});
    expect(await look('internal-certificates')).toEqual([]);
  });

  it('internal-certificates: an authority that is gone is well again from a backup', async () => {
    await rename(secret('ca'), join(root, 'backup'));
    expect((await look('internal-certificates')).map(({ what, fix }) => [what, fix])).toEqual([
      ['the certificate of the internal authority cannot be read', 'restore secrets/ca from a backup'],
    ]);
    await rename(join(root, 'backup'), secret('ca'));
    expect(await look('internal-certificates')).toEqual([]);
  });

  it('public-certificate: init --cert --key takes one that is right', async () => {
    const given = { cert: join(root, 'given.crt'), key: join(root, 'given.key') };
    const wrong = await selfSigned('elsewhere.example', 90);
    await rm(secret('nginx/public.crt'));
    await writeFile(secret('nginx/public.crt'), wrong.certificate);
    const found = await look('public-certificate');
    expect(found.map(({ fix }) => fix)).toEqual([
      './stack init --cert FILE --key FILE, then ./stack up',
      './stack init --cert FILE --key FILE, then ./stack up',
    ]);
    const right = await selfSigned('localhost', 90);
    await writeFile(given.cert, right.certificate);
    await writeFile(given.key, right.key, { mode: 0o600 });
    await initBundle(locateBundle(root), given);
    expect(await look('public-certificate')).toEqual([]);
    expect(await readFile(secret('nginx/public.crt'), 'utf8')).toContain(right.certificate.trim());
  });
});
