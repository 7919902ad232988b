import { zipSync } from 'fflate';
import type { PackFiles } from './packFiles.ts';
import { sortedByName } from './packManifest.ts';

/**
 * `pack.zip`: entries stored and not compressed, dated 1980-01-01 00:00, sorted by name, without extra fields or comments.
 * The same files give the same bytes on every machine, in every time zone and with every version of zlib.
 */
export function zipPack(files: PackFiles): Uint8Array {
  for (const name of files.keys()) {
    // An index-like name would sort before all others in a JavaScript object; one folder deep is all that packs are.
    if (!/^([a-z][a-z0-9-]*\/)?[a-z][a-z0-9-]*\.[a-z0-9]+$/.test(name))
      throw new RangeError(`not a name for a file of a pack: ${name}`);
  }
  // ZIP times have no zone and the library writes local time, so that local midnight is the same bytes everywhere.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(sortedByName(files)), { level: 0, mtime });
}
