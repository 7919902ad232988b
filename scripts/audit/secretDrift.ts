import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from '../bundle/compose.ts';
import { withoutProxies } from '../bundle/dockerEnv.ts';
import { SECRET_FOLDERS } from '../bundle/lookAtSecrets.ts';
import { ALWAYS_RENDERED } from '../bundle/renderedFiles.ts';
import { openTree, type SecretFolder, type SecretTree, wrongModes } from '../bundle/secretFiles.ts';
import { derivedSecrets } from '../bundle/secretPairs.ts';
import { SECRET_PLAN } from '../bundle/secretPlan.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { Drift } from './drift.ts';

const INIT = './stack init';

/**
 * Secrets that are missing, or have another owner or mode than their one reader needs. Where this user may not look,
 * a container of `version` does, which is root there.
 */
export async function secretDrift(root: string, version?: string): Promise<Drift[]> {
  const tree = await openTree(root);
  return version !== undefined && process.getuid?.() !== 0
    ? await lookByContainer(tree, version)
    : await lookAtSecrets(tree);
}

/** Looks as the user that this process is. */
export async function lookAtSecrets(tree: SecretTree): Promise<Drift[]> {
  const { root } = tree;
  const drift: Drift[] = [];
  for (const folder of [...SECRET_FOLDERS, 'backups'] as const) {
    const files = await readdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => error);
    if (files instanceof Error) {
      // It comes with the first rotation.
      if (folder !== 'backups' || files.code !== 'ENOENT') drift.push(unreadable(`secrets/${folder}`, files));
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
  return [...drift, ...(await unmatched(tree))];
}

/** Secrets that are made of others, and are of other ones than are there; it takes who may read all of them. */
async function unmatched(tree: SecretTree): Promise<Drift[]> {
  if (process.getuid?.() !== 0) return [];
  const differing = (await derivedSecrets(tree)).filter(({ differs }) => differs);
  return differing.map(({ path, of }) => ({
    subject: `secrets/${path}`,
    difference: `it does not fit ${of.map((one) => `secrets/${one}`).join(', ')}`,
    fix: 'restore all of them from a backup, or write it again: ./stack up',
  }));
}

function plannedFiles(folder: SecretFolder): string[] {
  if (folder === 'backups') return [];
  if (folder === 'ca') return ['ca.crt', 'ca.key'];
  const own = SECRET_PLAN.filter(({ owner }) => owner === folder).map(({ file }) => file);
  const shown = folder === 'nginx' ? ['public.crt', 'public.key'] : [];
  const rendered = ALWAYS_RENDERED.flatMap((path) =>
    path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
  );
  return folder === 'operator' ? own : ['ca.crt', 'tls.crt', 'tls.key', ...shown, ...rendered, ...own];
}

const unreadable = (subject: string, error: NodeJS.ErrnoException): Drift =>
  error.code === 'ENOENT'
    ? { subject, difference: 'the folder is missing', fix: INIT }
    : {
        subject,
        difference: `it cannot be looked at (${error.code})`,
        fix: 'run this as the user who owns the secrets, or as root',
      };

/** With the one capability that looking needs; the folder is mounted read-only. */
async function lookByContainer(tree: SecretTree, version: string): Promise<Drift[]> {
  const isolation = ['--network', 'none', '--user', '0:0', '--read-only', '--cap-drop', 'ALL'];
  const mount = ['--cap-add', 'DAC_READ_SEARCH', '--volume', `${tree.root}:${tree.root}:ro`];
  const program = [
    '--entrypoint',
    'node',
    `origin-stack/app:${version}`,
    'scripts/audit/inContainer/printSecretDrift.ts',
  ];
  const argv = ['run', '--rm', ...isolation, ...withoutProxies, ...mount, ...program, JSON.stringify(tree)];
  const { code, stdout } = await docker(argv);
  // Without the image this user's own view is the best there is: it says what it may not look at.
  return code === 0 ? parseAnswer<Drift[]>(stdout, 'docker run') : await lookAtSecrets(tree);
}
