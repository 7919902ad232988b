import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionError } from '../../lib/commandErrors.ts';
import { CHECKSUMS_FILE } from './layout.ts';

/** The SHA-256 of a file in hex; files of gigabytes are read in pieces. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Writes the sums of every file below the folder; links have none. */
export async function writeChecksums(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const lines: string[] = [];
  for (const path of paths) lines.push(`${await sha256Of(join(folder, path))}  ${path}`);
  await writeFile(join(folder, CHECKSUMS_FILE), `${lines.join('\n')}\n`);
}

/** Throws PreconditionError where one of the files is not the one that was packed. */
export async function checkChecksums(folder: string, paths: string[]): Promise<void> {
  const text = await readFile(join(folder, CHECKSUMS_FILE), 'utf8').catch(() => '');
  for (const path of paths) {
    const known = text
      .split('\n')
      .find((line) => line.endsWith(`  ${path}`))
      ?.slice(0, 64);
    const found = await sha256Of(join(folder, path)).catch(() => undefined);
    if (known !== undefined && known === found) continue;
    throw new PreconditionError({
      what: `the bundle is damaged: ${path} is not what was packed`,
      why: found === undefined ? 'it is not there' : `SHA-256 ${found}, and ${known ?? 'no sum'} is listed`,
      next: 'copy the archive again and compare it with the sum that ./stack bundle printed',
    });
  }
}
