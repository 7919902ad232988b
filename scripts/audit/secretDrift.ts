import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IDENTITIES } from '../bundle/identities.ts';
import { type SecretFolder, wrongModes } from '../bundle/secretFiles.ts';
import { SECRET_PLAN } from '../bundle/secretPlan.ts';
import type { Drift } from './findDrift.ts';

const INIT = './stack init';

/** Secrets that are missing, or have another owner or mode than their one reader needs. */
export async function secretDrift(root: string): Promise<Drift[]> {
  const tree = { root, operatorUid: process.getuid?.() ?? 0 };
  const folders: SecretFolder[] = ['ca', 'operator', ...IDENTITIES.map(({ name }) => name)];
  const drift: Drift[] = [];
  for (const folder of folders) {
    const files = await readdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => error);
    if (files instanceof Error) {
      drift.push(unreadable(`secrets/${folder}`, files));
      continue;
    }
    const missing = plannedFiles(folder).filter((file) => !files.includes(file));
    drift.push(
      ...missing.map((file) => ({
        subject: `secrets/${folder}/${file}`,
        difference: 'it is missing',
        fix: `restore it from a backup, or make it anew: ${INIT}`,
      })),
    );
    const paths = ['', ...files].map((file): [SecretFolder, string] => [folder, file]);
    for (const line of await wrongModes(tree, paths)) {
      const [difference = line, fix = INIT] = line.split(/: (?=chown|chmod|put)/);
      drift.push({ subject: `secrets/${folder}`, difference, fix });
    }
  }
  return drift;
}

function plannedFiles(folder: SecretFolder): string[] {
  if (folder === 'ca') return ['ca.crt', 'ca.key'];
  const own = SECRET_PLAN.filter(({ owner }) => owner === folder).map(({ file }) => file);
  const shown = folder === 'nginx' ? ['public.crt', 'public.key', 'site.conf'] : [];
  return folder === 'operator' ? own : ['ca.crt', 'tls.crt', 'tls.key', ...shown, ...own];
}

const unreadable = (subject: string, error: NodeJS.ErrnoException): Drift =>
  error.code === 'ENOENT'
    ? { subject, difference: 'the folder is missing', fix: INIT }
    : {
        subject,
        difference: `it cannot be looked at (${error.code})`,
        fix: 'run this as the user who owns the secrets, or as root',
      };
