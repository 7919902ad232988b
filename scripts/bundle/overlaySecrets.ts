import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { splitPair } from './initChoices.ts';
import { overlaysOf } from './overlays.ts';
import { readGiven } from './readGiven.ts';
import { readSecret, type SecretTree, writeSecret } from './secretFiles.ts';
import type { SecretOwner } from './secretPlan.ts';

/** A secret that an overlay asks for. */
export interface OverlaySecret {
  folder: SecretOwner;
  file: string;
  /** What the operator brings now; without it, it must be there. */
  content?: string | undefined;
  /** It need not be there. */
  isOptional?: boolean;
}

/** Every secret that the overlays ask for, with what `--secret NAME=FILE` brings. */
export async function overlaySecrets(settings: BundleSettings, given: string[]): Promise<OverlaySecret[]> {
  const readers = new Map<string, Set<SecretOwner>>();
  const needed = new Set<string>();
  for (const { secrets, optionalSecrets } of overlaysOf(settings.ORIGIN_OVERLAYS)) {
    for (const [file, folders] of Object.entries({ ...secrets, ...optionalSecrets })) {
      readers.set(file, (readers.get(file) ?? new Set()).union(new Set(folders)));
    }
    for (const file of Object.keys(secrets)) needed.add(file);
  }
  const files = new Map(given.map((text) => splitPair(text, 'secret', Object.fromEntries(readers))));
  const secrets = await Promise.all(
    [...readers].map(async ([file, folders]) => {
      const from = files.get(file);
      const text = from && (await readGiven(from, `name a file that you may read: --secret ${file}=FILE`));
      if (text?.trim() === '') throw new PreconditionError({ what: `${from} is empty` });
      // An editor ends a file with a new line; no secret does.
      const content = text?.trimEnd();
      if (content !== undefined) requireUrl(file, content);
      return [...folders].map((folder) => ({ folder, file, content, isOptional: !needed.has(file) }));
    }),
  );
  return secrets.flat();
}

/** Alertmanager reads the URL of a receiver with the first alert only: too late to find that it is none. */
function requireUrl(file: string, content: string): void {
  if (!/^alert-.*-url$/.test(file)) return;
  if (/^https?:$/.test(URL.parse(content)?.protocol ?? '')) return;
  throw new PreconditionError({
    what: `what was brought as ${file} is no URL`,
    why: 'it must begin with https:// or http://, and be all that is in the file',
    next: `type it again with --secret ${file}=FILE`,
  });
}

/** Throws PreconditionError where one is neither brought nor there. */
export async function requireOverlaySecrets(tree: SecretTree, secrets: OverlaySecret[]): Promise<void> {
  const missing = new Map<string, SecretOwner[]>();
  for (const { folder, file, content, isOptional } of secrets) {
    if (isOptional || content !== undefined || (await readSecret(tree, folder, file))) continue;
    missing.set(file, [...(missing.get(file) ?? []), folder]);
  }
  if (missing.size > 0) {
    throw new PreconditionError({
      what: `the overlay needs ${[...missing.keys()].join(', ')}`,
      why: [...missing].map(([file, folders]) => `${file} is read by ${folders.join(', ')}`).join('\n'),
      next: `type it again with ${[...missing.keys()].map((file) => `--secret ${file}=FILE`).join(' ')}`,
    });
  }
}

type BroughtSecret = { folder: SecretOwner; file: string; content: string };

/** Those that were brought and are not there, or are there with another content. */
export async function differingOverlaySecrets(
  tree: SecretTree,
  secrets: OverlaySecret[],
): Promise<BroughtSecret[]> {
  const differing: BroughtSecret[] = [];
  for (const { folder, file, content } of secrets) {
    if (content === undefined || (await readSecret(tree, folder, file))?.toString() === content) continue;
    differing.push({ folder, file, content });
  }
  return differing;
}

/** Writes what was brought into the folders of its readers; what is there already stays. */
export async function writeOverlaySecrets(tree: SecretTree, secrets: OverlaySecret[]): Promise<void> {
  for (const secret of await differingOverlaySecrets(tree, secrets)) await writeSecret(tree, secret);
}
