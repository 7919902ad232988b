import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundleDir, locateBundle } from '../../bundle/bundleDir.ts';
import { initBundle } from '../../bundle/initBundle.ts';
import { type MadeCertificate, reopen } from './makeCertificate.ts';

/** A bundle that was initialised and never started. */
export interface BundleOnDisk {
  dir: BundleDir;
  /** The path of a file below secrets/. */
  at(file: string): string;
  /** Replaces a pair, `redis/tls` say, with what follows it in the file. */
  put(pair: string, made: MadeCertificate, ...chain: MadeCertificate[]): Promise<void>;
  /** Brings everything back to how it was made. */
  reset(): Promise<void>;
  /** The internal authority, to sign with. */
  authority(): Promise<MadeCertificate>;
  remove(): Promise<void>;
}

/** Makes one for `https://origin.example`; root's work. */
export async function bundleOnDisk(): Promise<BundleOnDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'origin-monitor-'));
  const [root, kept] = [join(folder, 'bundle'), join(folder, 'kept')];
  const dir = locateBundle(root);
  await initBundle(dir, { url: 'https://origin.example' });
  await cp(root, kept, { recursive: true });
  const at = (file: string) => join(dir.secrets, file);
  return {
    dir,
    at,
    async put(pair, made, ...chain) {
      await writeFile(at(`${pair}.crt`), [made, ...chain].map(({ certificate }) => certificate).join(''));
      await writeFile(at(`${pair}.key`), made.key);
    },
    async authority() {
      const [certificate, key] = await Promise.all(
        ['crt', 'key'].map((ending) => readFile(at(`ca/ca.${ending}`), 'utf8')),
      );
      return await reopen(certificate ?? '', key ?? '');
    },
    async reset() {
      await rm(root, { recursive: true });
      await cp(kept, root, { recursive: true });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
