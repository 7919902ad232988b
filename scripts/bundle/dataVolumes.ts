import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { readIfThere } from '../lib/readIfThere.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { type BundleDir, COMPOSE_FILE } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { composeOf, docker, mustDocker } from './compose.ts';
import { listOverlays, readOverlay } from './overlays.ts';

/** By its name in the Compose file: what a volume holds that nothing but a backup brings back. */
const HOLDS: Record<string, string> = {
  'postgres-data': 'uploads, decisions, the ledger, API keys',
  'minio-data': 'content and evidence packs',
  'versitygw-data': 'content and evidence packs',
  'vault-data': 'the keys that sign certificates and wrap content',
};

/** Every name of a volume in the Compose file and its overlays. */
function declaredNames(): string[] {
  const files = [COMPOSE_FILE, ...listOverlays().map((name) => readOverlay(name).file)];
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const { volumes } = parse(text, { logLevel: 'error', merge: true }) as { volumes?: object };
    return Object.keys(volumes ?? {});
  });
}

/**
 * The volumes of this project, by their names in the Compose file: also one that was made by hand or by a restore, and so has
 * none of Compose's labels. None where no engine answers.
 */
export async function volumesOf(project: string): Promise<string[]> {
  const { code, stdout } = await docker(['volume', 'ls', '--format', '{{.Name}}']).catch(() => ({
    code: 1,
    stdout: '',
  }));
  const there = code === 0 ? stdout.split('\n') : [];
  return declaredNames().filter((name) => there.includes(`${project}_${name}`));
}

/** By their whole names: these, and whatever else Compose made for this project. */
export async function everyVolume(project: string): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const made = await mustDocker(['volume', 'ls', '--format', '{{.Name}}', '--filter', filter]);
  const named = (await volumesOf(project)).map((name) => `${project}_${name}`);
  return [...new Set([...made.split('\n').filter((name) => name !== ''), ...named])].sort();
}

/** Remembers which volumes with data there are, so that the next `up` sees when one is gone. */
export async function rememberVolumes(dir: BundleDir, settings: BundleSettings): Promise<void> {
  const there = await volumesOf(settings.COMPOSE_PROJECT_NAME);
  const names = Object.keys(HOLDS).filter((name) => there.includes(name));
  await writeFileAtomically(fileOf(dir), `${names.join('\n')}\n`, { mode: 0o644 });
}

/** After their data was destroyed by a command that says so. */
export const forgetVolumes = (dir: BundleDir): Promise<void> => rm(fileOf(dir), { force: true });

const fileOf = ({ lockFile }: BundleDir) => join(lockFile, '..', 'bundle.volumes');

/** Volumes that held data at the last `up`, that the bundle needs and that the engine has no more, as it names them. */
export async function lostVolumes(dir: BundleDir, settings: BundleSettings): Promise<string[]> {
  const { COMPOSE_PROJECT_NAME: project } = settings;
  const text = (await readIfThere(fileOf(dir)))?.toString() ?? '';
  const there = await volumesOf(project);
  const lost = text.split('\n').filter((name) => name in HOLDS && !there.includes(name));
  if (lost.length === 0) return [];
  // An overlay may have taken a store's place, and its volume is not needed any more.
  const { argv, env } = composeOf(settings, 'config', '--volumes');
  const declared = (await mustDocker(argv, { env })).split('\n');
  return lost.filter((name) => declared.includes(name)).map((name) => `${project}_${name}`);
}

/**
 * Throws PreconditionError where volumes with data are gone, since an `up` would begin with empty ones and say nothing.
 * `givenUp` is the project's name, typed by who gives the data up; UsageError where it is another.
 */
export async function requireData(
  dir: BundleDir,
  settings: BundleSettings,
  givenUp: string | undefined,
): Promise<void> {
  const { COMPOSE_PROJECT_NAME: project } = settings;
  if (givenUp !== undefined && givenUp !== project) {
    throw new UsageError({
      what: `--new ${givenUp} is not the name of this bundle's project`,
      why: 'it is typed by who gives its data up',
      next: `./stack up --new ${project}`,
    });
  }
  if (givenUp !== undefined) return;
  const lost = await lostVolumes(dir, settings);
  if (lost.length === 0) return;
  const held = lost.map((name) => `${name} (${HOLDS[name.slice(project.length + 1)]})`);
  throw new PreconditionError({
    what: `${lost.length === 1 ? 'a volume with data is' : 'volumes with data are'} gone: ${held.join(', ')}`,
    why: 'they were there at the last ./stack up, and it would begin with empty ones',
    next: `bring them back from a backup; to give the data up: ./stack up --new ${project}`,
  });
}
