import { PreconditionError } from '../lib/commandErrors.ts';
import { type SecretFolder, type SecretTree, wrongModes } from './secretFiles.ts';

/**
 * Throws PreconditionError, with the commands that mend it, where one of `paths` is a link or has another owner or mode
 * than its one reader needs. A path is a folder and a file; the folder itself where the file is empty.
 */
export async function refuseWrongModes(tree: SecretTree, paths: [SecretFolder, string][]): Promise<void> {
  const wrong = await wrongModes(tree, paths);
  if (wrong.length === 0) return;
  throw new PreconditionError({
    what: 'secrets have another owner or mode than their one reader needs',
    why: wrong.join('\n'),
    next: 'type the commands above, then this again',
  });
}
