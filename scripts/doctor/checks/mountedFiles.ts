import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../../lib/checkout.ts';
import { defineCheck, error } from '../doctorCheck.ts';

/** Folders of the checkout that the Compose files mount, none of them with a secret. */
export const MOUNTED_FOLDERS = ['nginx', 'prometheus', 'cron', 'compose/vault', 'chaos-tests/load'];

/** A checkout under `umask 077` is its owner's alone, and each service runs under a user of its own. */
export const mountedFiles = defineCheck({
  name: 'mounted-files',
  rule: 'services can read the settings that they mount from the checkout',
  needs: 'host',
  detect: () => unreadableIssues(CHECKOUT),
});

export async function unreadableIssues(checkout: string) {
  const folders = MOUNTED_FOLDERS.map((folder) => join(checkout, folder));
  const hidden = (await Promise.all(folders.map(unreadable))).flat();
  const [first] = hidden;
  if (first === undefined) return [];
  const others = hidden.length === 1 ? '' : `, and ${hidden.length - 1} more`;
  const what = `services cannot read ${first.path}${others}: it was made under another umask`;
  const mend = async () => {
    for (const { path, mode } of hidden) await chmod(path, mode);
  };
  return [error(what, `chmod -R go+rX ${folders.map((path) => `'${path}'`).join(' ')}`, mend)];
}

/** What others may not read, with the mode that lets them, folders first. */
async function unreadable(path: string): Promise<{ path: string; mode: number }[]> {
  const found = await lstat(path).catch(() => undefined);
  if (!found || found.isSymbolicLink()) return [];
  const wanted = found.isDirectory() ? 0o055 : 0o044;
  const own = (found.mode & wanted) === wanted ? [] : [{ path, mode: (found.mode | wanted) & 0o7777 }];
  if (!found.isDirectory()) return own;
  const entries = await readdir(path);
  return [...own, ...(await Promise.all(entries.map((entry) => unreadable(join(path, entry))))).flat()];
}
