import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { imageList } from '../images/imageList.ts';
import { lookAtImages } from '../images/lookAtImages.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { mustDocker } from './compose.ts';
import { networksOf } from './composeDown.ts';
import { everyVolume } from './dataVolumes.ts';
import { SECRET_FOLDERS } from './lookAtSecrets.ts';
import { pinnedImages } from './pinnedImages.ts';
import { findMetrics } from './textfileFolder.ts';

/** What there is of a bundle on this host, by names that the engine or the file system knows. */
export interface Remains {
  containers: string[];
  networks: string[];
  volumes: string[];
  /** With their tags. */
  images: string[];
  /** Paths of the folders that `init` made, and of the settings. */
  secrets: string[];
  /** The folder of what was done with keys, which no command removes. */
  audit: string[];
  /** The folder of reports of chaos and load, which no command removes either. */
  reports: string[];
}

/** Looks for everything that belongs to the bundle. */
export async function findRemains(dir: BundleDir, settings: BundleSettings): Promise<Remains> {
  const { COMPOSE_PROJECT_NAME: project } = settings;
  const ofProject = ['--filter', `label=com.docker.compose.project=${project}`];
  const list = async (...argv: string[]) =>
    (await mustDocker(argv)).split('\n').filter((line) => line !== '');
  const [containers, networks, volumes, images] = await Promise.all([
    list('ps', '--all', '--format', '{{.Names}}', ...ofProject),
    networksOf(project),
    everyVolume(project),
    imagesHere(settings),
  ]);
  const ifThere = (path: string) => (existsSync(path) ? [path] : []);
  return {
    ...{ containers, networks, volumes, images },
    secrets: await findSecrets(dir),
    audit: ifThere(dir.audit),
    reports: ifThere(dir.reports),
  };
}

/** Those that the settings name, and those of this checkout that only help to build or are run by a command. */
async function imagesHere(settings: BundleSettings): Promise<string[]> {
  const { references } = await lookAtImages({ names: [] });
  const format = '{{.Repository}}:{{.Tag}}';
  const there = await mustDocker(['image', 'ls', '--format', format, '--filter', 'reference=origin-stack/*']);
  const helping = imageList.filter(({ purpose }) => purpose !== 'runs');
  const ours = new Set([...pinnedImages(settings), ...helping.map(({ name }) => references.get(name) ?? '')]);
  return there.split('\n').filter((reference) => ours.has(reference));
}

/** Only what `init` makes: what else lies there is somebody's. */
async function findSecrets(dir: BundleDir): Promise<string[]> {
  const ours = new Set<string>([...SECRET_FOLDERS, 'backups']);
  const found = existsSync(dir.secrets) ? await readdir(dir.secrets) : [];
  const folders = found.filter((name) => ours.has(name)).map((name) => join(dir.secrets, name));
  return [
    ...folders,
    ...(await findMetrics(dir.textfile)),
    ...(existsSync(dir.envFile) ? [dir.envFile] : []),
  ];
}
