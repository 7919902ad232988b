import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PreconditionError } from '../lib/commandErrors.ts';

export interface DemoFile {
  /** As it was named, or relative to the folder that was. */
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

/** Reads files, and of folders what lies in them, at most `limit`; the repository's docs where none is named. */
export async function collectFiles(paths: string[], limit: number): Promise<DemoFile[]> {
  const files: DemoFile[] = [];
  for (const path of paths.length > 0 ? paths : [DOCS]) {
    for (const file of await filesOf(path)) {
      if (files.length === limit) return files;
      const bytes = await readFile(file);
      files.push({
        name: relative(path, file) || basename(file),
        bytes,
        sizeBytes: bytes.length,
        mediaType: MEDIA_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      });
    }
  }
  return files;
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new PreconditionError({ what: `cannot read ${path}`, why: error.code ?? error.message });
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
