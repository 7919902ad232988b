import { writeFilesTogether } from './writeFilesTogether.ts';

/**
 * Writes a file so that a reader or a crash sees the old content or the new, never a part: a temporary file
 * beside it, fsync, rename, fsync of the directory. `mode` is 0600 unless said otherwise; `uid` owns it, and the
 * group of that number.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; uid?: number } = {},
): Promise<void> {
  await writeFilesTogether([{ path, content }], options);
}
