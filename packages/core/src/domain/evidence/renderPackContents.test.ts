import { execFileSync } from 'node:child_process';
import { verifyPack } from '@origin-stack/sdk/verifyPack';
import { Piscina } from 'piscina';
import { describe, expect, onTestFinished, test } from 'vitest';
import { packFiles } from './packFiles.ts';
import { packManifest, withManifest } from './packManifest.ts';
import { renderPackContents } from './renderPackContents.ts';
import { exampleEvidence, signExample } from './test/exampleEvidence.ts';
import { zipPack } from './zipPack.ts';

const input = await exampleEvidence({ external_id: '請求書 42' });

async function makePack(): Promise<Uint8Array> {
  const { reportPdf } = await renderPackContents(input);
  const files = packFiles(input, reportPdf);
  const manifest = packManifest({
    packId: input.pack_id,
    uploadId: input.upload_id,
    certificateId: input.certificate.id,
    files,
  });
  return zipPack(withManifest(files, manifest, await signExample(manifest, 'origin-manifest+jws')));
}

describe('renderPackContents', () => {
  test('gives the same bytes in a worker thread', async () => {
    const filename = new URL('./renderPackContents.ts', import.meta.url).href;
    const pool = new Piscina({ filename, name: 'renderPackContents', maxThreads: 1 });
    onTestFinished(() => pool.destroy());
    const { reportPdf } = await pool.run(input);
    expect(reportPdf).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(reportPdf).equals((await renderPackContents(input)).reportPdf)).toBe(true);
  });

  test('gives the same pack in every time zone', () => {
    const script = `
      const { renderPackContents } = await import(process.argv[1] + '/renderPackContents.ts');
      const { packFiles } = await import(process.argv[1] + '/packFiles.ts');
      const { zipPack } = await import(process.argv[1] + '/zipPack.ts');
      const input = JSON.parse(process.argv[2]);
      const { reportPdf } = await renderPackContents(input);
      process.stdout.write(zipPack(packFiles(input, reportPdf)));`;
    const make = (zone: string) =>
      execFileSync(
        process.execPath,
        ['--input-type=module', '-e', script, import.meta.dirname, JSON.stringify(input)],
        { env: { ...process.env, TZ: zone } },
      );
    const here = make('UTC');
    expect(here.length).toBeGreaterThan(10_000);
    for (const zone of ['Pacific/Kiritimati', 'America/St_Johns']) expect(make(zone).equals(here)).toBe(true);
  });
});

describe('a whole pack', () => {
  test('passes the offline verifier with a pinned key', async () => {
    const verdict = await verifyPack({ zip: await makePack(), jwks: input.jwks });
    expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, signerChecked: true });
  });
});
