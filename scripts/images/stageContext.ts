import { chmod, copyFile, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type InputFile, inputFiles } from './inputFiles.ts';

/**
 * Copies the files of one image into a folder of their own, which is its build's context: all readable by everybody, also
 * where the checkout was made under `umask 077`, since services run under users of their own.
 */
export async function stageContext(
  checkout: string,
  name: string,
): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `origin-build-${name}-`));
  const remove = () => rm(path, { recursive: true });
  try {
    for (const file of await inputFiles(checkout, name)) await stage(checkout, path, file);
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function stage(from: string, to: string, { path, isExecutable, isLink }: InputFile): Promise<void> {
  const target = join(to, path);
  await openFolders(to, dirname(path));
  if (isLink) return await symlink(await readlink(join(from, path)), target);
  await copyFile(join(from, path), target);
  await chmod(target, isExecutable ? 0o755 : 0o644);
}

async function openFolders(root: string, folder: string): Promise<void> {
  if (folder === '.') return;
  await openFolders(root, dirname(folder));
  await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, folder), 0o755);
}
