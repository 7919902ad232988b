import { rm } from 'node:fs/promises';
import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleDir } from './bundleDir.ts';
import { requireBundle } from './bundleSettings.ts';
import { docker, mustDocker } from './compose.ts';
import { composeDown, stayingNetworks } from './composeDown.ts';
import { forgetVolumes } from './dataVolumes.ts';
import { requireOwnProject } from './ownership.ts';
import { findRemains, type Remains } from './remains.ts';

/** What goes beside containers and networks. */
export interface UninstallChoices {
  data: boolean;
  secrets: boolean;
  images: boolean;
}

const CONFIRMED = './stack uninstall --yes';

/** What would go. Throws PreconditionError where secrets would go that data needs. */
export async function planUninstall(dir: BundleDir, choices: UninstallChoices): Promise<Plan> {
  const { containers, networks, volumes, images, secrets } = await lookUp(dir, choices);
  const steps = [
    ...containers.map((name) => ({ action: `remove container ${name}`, name })),
    ...networks.map((name) => ({
      action: `remove network ${name}, unless somebody else's container is in it`,
      name,
    })),
    ...(choices.data ? volumes.map((name) => ({ action: `DESTROY data volume ${name}`, name })) : []),
    ...(choices.images ? images.map((name) => ({ action: `remove image ${name}`, name })) : []),
    ...(choices.secrets ? secrets.map((name) => ({ action: `DESTROY ${name}`, name })) : []),
  ];
  const summary = steps.length > 0 ? 'would remove' : 'what was named is gone';
  return { summary, steps };
}

async function lookUp(dir: BundleDir, choices: UninstallChoices): Promise<Remains> {
  const settings = await requireBundle(dir);
  await requireOwnProject(dir, settings);
  const remains = await findRemains(dir, settings);
  if (choices.secrets && !choices.data && remains.volumes.length > 0) {
    throw new PreconditionError({
      what: 'the secrets stay as long as there is data that only they open',
      why: `${remains.volumes.length} volumes are there, encrypted or guarded by what --secrets would destroy`,
      next: `${CONFIRMED} --data --secrets, or without --secrets`,
    });
  }
  return remains;
}

/**
 * Removes containers and networks, and what the choices name; says what remains. The settings go last, so that a run
 * that was broken off can be repeated.
 */
export async function uninstallBundle(
  dir: BundleDir,
  choices: UninstallChoices,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<CommandResult> {
  const before = await lookUp(dir, choices);
  const settings = await requireBundle(dir);
  const step = progress.step('removing containers and networks');
  await composeDown(dir, { signal, onLine: (line) => step.update(line.trim()) });
  step.done();
  if (choices.data && before.volumes.length > 0) await mustDocker(['volume', 'rm', ...before.volumes]);
  if (choices.data) await forgetVolumes(dir);
  if (choices.images) for (const name of before.images) await docker(['image', 'rm', name]);
  if (choices.secrets) for (const path of before.secrets) await removeOwned(path);
  const after = await findRemains(dir, settings);
  const removed = difference(before, after);
  return {
    data: { removed: { ...removed }, remains: { ...after } },
    text: [`removed: ${countsOf(removed)}`, ...remainsText(after)].join('\n'),
  };
}

async function removeOwned(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new PreconditionError({
      what: `cannot remove ${path}`,
      why: `${why}: it belongs to the uid of the service that reads it`,
      next: `as root: ${CONFIRMED} --data --secrets`,
    });
  }
}

function difference(before: Remains, after: Remains): Remains {
  const gone = (kind: keyof Remains) => before[kind].filter((name) => !after[kind].includes(name));
  return {
    containers: gone('containers'),
    networks: gone('networks'),
    volumes: gone('volumes'),
    images: gone('images'),
    secrets: gone('secrets'),
    audit: gone('audit'),
    reports: gone('reports'),
  };
}

function countsOf(remains: Remains): string {
  const kinds = Object.entries(remains).filter(([, names]) => names.length > 0);
  return kinds.map(([kind, names]) => `${names.length} ${kind}`).join(', ') || 'nothing';
}

/** What is left, each with what removes it. */
function remainsText({ networks, volumes, images, secrets, audit, reports }: Remains): string[] {
  return [
    'remains:',
    ...stayingNetworks(networks),
    ...(volumes.length > 0 ? [`  data       ${volumes.length} volumes: ${CONFIRMED} --data`] : []),
    ...(secrets.length > 0
      ? [`  secrets    ${secrets.length} paths, settings among them: ${CONFIRMED} --data --secrets`]
      : []),
    ...(images.length > 0
      ? [`  images     ${images.length}, those in use by other containers among them: ${CONFIRMED} --images`]
      : []),
    ...audit.map((path) => `  audit      who made and rotated keys, and when: rm -r ${path}`),
    ...reports.map((path) => `  reports    of chaos and load: rm -r ${path}`),
    '  units      what ./stack service install wrote, if it did: ./stack service remove',
    '  checkout   with .stack/ (logs, dependencies, the embedded evaluation): remove its folder',
    '  engine     Docker itself, if ./stack engine installed it: apt-get remove docker.io',
  ];
}
