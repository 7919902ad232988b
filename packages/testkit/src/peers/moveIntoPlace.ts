import { rename, rm } from 'node:fs/promises';

/**
 * Gives a finished directory its final name. Where another process finished the same one first, that one stays
 * and ours is removed, so that two builds at once never mix.
 */
export async function moveIntoPlace(builtDir: string, finalDir: string): Promise<void> {
  try {
    await rename(builtDir, finalDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(builtDir, { recursive: true, force: true });
  }
}
