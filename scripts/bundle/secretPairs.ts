import { PreconditionError } from '../lib/commandErrors.ts';
import type { SecretPath } from './lookAtSecrets.ts';
import { readSecret, type SecretTree } from './secretFiles.ts';
import { type PlannedSecret, SECRET_PLAN } from './secretPlan.ts';

/** A secret that is made of others, which are what counts. */
export interface DerivedSecret {
  path: SecretPath;
  of: SecretPath[];
  /** Whether what is there is not made of those that are there. */
  differs: boolean;
}

const pathOf = ({ owner, file }: PlannedSecret): SecretPath => `${owner}/${file}`;

/** Every secret that is there and made of others, held against them; one whose others are not there differs too. */
export async function derivedSecrets(tree: SecretTree): Promise<DerivedSecret[]> {
  const known = new Map<SecretPath, Buffer>();
  for (const planned of SECRET_PLAN) {
    const content = await readSecret(tree, planned.owner, planned.file);
    if (content) known.set(pathOf(planned), content);
  }
  return SECRET_PLAN.flatMap((planned) => {
    const path = pathOf(planned);
    const found = known.get(path);
    const of: SecretPath[] = [];
    const made = planned.make((source) => {
      of.push(source);
      return known.get(source)?.toString('utf8') ?? '';
    });
    if (found === undefined || of.length === 0) return [];
    const isWhole = of.every((source) => known.has(source));
    return [{ path, of, differs: !isWhole || !found.equals(Buffer.from(made)) }];
  });
}

/**
 * Those that are to be written again, since they hold nothing that the others do not. Throws PreconditionError where they are
 * copies of what opens data in `volumes`: nobody knows which of the two is right.
 */
export async function derivedToRewrite(tree: SecretTree, volumes: string[]): Promise<SecretPath[]> {
  const differing = (await derivedSecrets(tree)).filter(({ differs }) => differs);
  const opening = new Map(SECRET_PLAN.map((planned) => [pathOf(planned), planned.opens]));
  for (const { path, of } of differing) {
    const source = of.find((one) => volumes.includes(opening.get(one) ?? ''));
    if (source === undefined) continue;
    throw new PreconditionError({
      what: `${tree.root}/${path} is no copy of ${tree.root}/${source}`,
      why: `one of the two opens the data in ${opening.get(source)}, and was replaced or is gone`,
      next: 'restore both from a backup',
    });
  }
  return differing.map(({ path }) => path);
}

/**
 * Throws PreconditionError where a secret is missing that data which are there need. `volumes` are those that the engine
 * has, by their names in the Compose file.
 */
export function requireOpeners(tree: SecretTree, missing: SecretPath[], volumes: string[]): void {
  const gone = SECRET_PLAN.filter(
    (planned) => planned.opens && volumes.includes(planned.opens) && missing.includes(pathOf(planned)),
  );
  const [first] = gone;
  if (first === undefined) return;
  const names = gone.map((planned) => `${tree.root}/${pathOf(planned)}`);
  throw new PreconditionError({
    what: `${names.join(', ')} ${gone.length === 1 ? 'is' : 'are'} missing, and data that need ${gone.length === 1 ? 'it' : 'them'} are there`,
    why: `the volume ${first.opens} cannot be read with another`,
    next: 'restore the folder secrets from a backup; to give all data up: ./stack uninstall --data --secrets --yes',
  });
}
