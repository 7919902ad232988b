import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PreconditionError } from '../lib/commandErrors.ts';
import { printable } from '../lib/printable.ts';
import { unreadable } from '../lib/unreadable.ts';

const NAMED = 'name files or folders that you may read: ./stack demo FILE';

export interface DemoFile {
  /** As a terminal may show it; relative to the folder that was named. */
  name: string;
  bytes: Buffer;
  sizeBytes: number;
  mediaType: string;
}

const MEDIA_TYPES: Record<string, string> = {
  '.md': 'text/markdown',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.pdf': 'application/pdf',
  '.zip': 'application/zip',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
};

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));

export interface Collected {
  files: DemoFile[];
  /** What was passed over, and why. */
  skipped: string[];
}

/**
 * Reads files, and of folders the regular files in them, at most `limit`; the repository's docs where none is named.
 * Throws PreconditionError for a path that was named and cannot be read; in a folder such a file is passed over.
 */
export async function collectFiles(paths: string[], limit: number): Promise<Collected> {
  const found = (await Promise.all((paths.length > 0 ? paths : [DOCS]).map(filesOf))).flat();
  const skipped = found.length > limit ? [`${found.length - limit} more files: --limit ${found.length}`] : [];
  const files: DemoFile[] = [];
  for (const { file, name, isNamed } of found.slice(0, limit)) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (isNamed) throw unreadable(file, error, NAMED);
      skipped.push(`${name}: ${error.code}`);
    });
    if (!bytes) continue;
    const mediaType = MEDIA_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
    files.push({ name, bytes, sizeBytes: bytes.length, mediaType });
  }
  return { files, skipped };
}

interface Found {
  file: string;
  name: string;
  /** Named itself, and not by its folder. */
  isNamed: boolean;
}

async function filesOf(path: string): Promise<Found[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error, NAMED);
  });
  if (!found.isDirectory()) {
    // A pipe or a device could be read for ever.
    if (!found.isFile()) throw new PreconditionError({ what: `${printable(path)} is not a regular file` });
    return [{ file: path, name: printable(basename(path)), isNamed: true }];
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, name: printable(relative(path, file)), isNamed: false }));
}
