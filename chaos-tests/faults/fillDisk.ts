import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether a small file system can be mounted here: only root may, and not in every container. */
export function canMount(): boolean {
  // On a folder of its own: what lies below a folder in use would vanish for everybody for a moment.
  const dir = mkdtempSync(join(tmpdir(), 'origin-stack-mount-'));
  try {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0;
    if (mounted) execFileSync('umount', [dir]);
    return mounted;
  } finally {
    rmdirSync(dir);
  }
}

/** A small disk of its own at a folder. */
export interface SmallDisk extends AsyncDisposable {
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** Mounts a file system of so many bytes in place of a folder's content. */
export function mountSmallDisk(dir: string, sizeBytes: number): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=700`, 'tmpfs', dir]);
  const ballast = join(dir, 'ballast');
  return {
    async fill() {
      await writeFile(ballast, Buffer.alloc(sizeBytes)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    },
    free: () => rm(ballast),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [dir]);
    },
  };
}
