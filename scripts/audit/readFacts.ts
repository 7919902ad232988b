import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { docker, mustDocker } from '../bundle/compose.ts';
import { pinnedImages } from '../bundle/pinnedImages.ts';
import { imageReference } from '../images/hashInputs.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { AuditContext, ContainerProcess, EngineFacts } from './check.ts';
import type { Inspected } from './inspected.ts';

/** Certificates are no secrets, and short or large files are none that could stand in a setting. */
const MAX_SECRET_BYTES = 4_096;

/** Every container of a Compose project, with those that ended and those of one command. */
export async function inspectProject(project: string): Promise<Inspected[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const ids = words(await mustDocker(['ps', '--all', '--quiet', '--no-trunc', '--filter', filter]));
  return inspect(ids);
}

/** What `docker inspect` says; one that went away in between is left out. */
export async function inspect(ids: string[]): Promise<Inspected[]> {
  if (ids.length === 0) return [];
  const { stdout } = await docker(['container', 'inspect', ...ids]);
  return parseAnswer<Inspected[]>(stdout, 'docker container inspect');
}

/** Everything that the checks hold containers against. */
export async function readContext(
  dir: BundleDir,
  settings: BundleSettings,
  containers: Inspected[],
): Promise<AuditContext> {
  const [engine, networks, imageIds, secrets, processes, generator] = await Promise.all([
    readEngine(),
    readNetworks(containers),
    readImageIds(containers),
    readSecretValues(dir.secrets),
    readProcesses(containers),
    imageReference('k6'),
  ]);
  const images = [...pinnedImages(settings), generator];
  return { settings, engine, networks, images, imageIds, processes, ...secrets };
}

export async function readEngine(): Promise<EngineFacts> {
  const text = await mustDocker(['info', '--format', '{{json .}}']);
  const info = parseAnswer<{
    ServerVersion: string;
    SecurityOptions: string[] | null;
    Swarm?: { LocalNodeState?: string };
  }>(text, 'docker info');
  return {
    version: info.ServerVersion,
    securityOptions: info.SecurityOptions ?? [],
    swarm: info.Swarm?.LocalNodeState ?? '',
  };
}

async function readNetworks(containers: Inspected[]): Promise<AuditContext['networks']> {
  const names = new Set(
    containers.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks ?? {})),
  );
  if (names.size === 0) return new Map();
  const { stdout } = await docker(['network', 'inspect', ...names]);
  const networks = parseAnswer<{ Name: string; Internal: boolean }[]>(stdout, 'docker network inspect');
  return new Map(networks.map(({ Name, Internal }) => [Name, { internal: Internal }]));
}

async function readImageIds(containers: Inspected[]): Promise<Map<string, string>> {
  const references = [...new Set(containers.map(({ Config }) => Config.Image))];
  const ids = references.map(async (reference): Promise<[string, string]> => {
    const { stdout } = await docker(['image', 'inspect', '--format', '{{.Id}}', reference]);
    return [reference, stdout.trim()];
  });
  return new Map(await Promise.all(ids));
}

/** The processes of those that run, from the host's view; the user's name there means nothing. */
async function readProcesses(containers: Inspected[]): Promise<Map<string, ContainerProcess[]>> {
  const running = containers.filter(({ State }) => State.Running);
  const tables = running.map(async ({ Id }): Promise<[string, ContainerProcess[]]> => {
    const { stdout } = await docker(['top', Id, '-eo', 'pid,uid,comm']);
    const lines = stdout.split('\n').slice(1);
    const processes = lines.flatMap((line) => {
      const [, uid, command] = /^\s*\d+\s+(\d+)\s+(.+)$/.exec(line) ?? [];
      return command === undefined ? [] : [{ uid: Number(uid), command: command.trim() }];
    });
    return [Id, processes];
  });
  return new Map(await Promise.all(tables));
}

/** The secrets' values, as far as this user may read them, and what not; they are compared and never shown. */
export async function readSecretValues(
  root: string,
): Promise<Pick<AuditContext, 'secrets' | 'unreadSecrets'>> {
  const secrets = new Map<string, string>();
  const unreadSecrets: string[] = [];
  const look = async <T>(path: string, how: (path: string) => Promise<T>): Promise<T | undefined> => {
    try {
      return await how(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What went away holds no secret.
      if (code !== 'ENOENT') unreadSecrets.push(relative(root, path) || '.');
      return undefined;
    }
  };
  const inFolder = (path: string) => readdir(path, { withFileTypes: true });
  for (const folder of (await look(root, inFolder)) ?? []) {
    if (folder.isFile()) continue;
    for (const file of (await look(join(root, folder.name), inFolder)) ?? []) {
      if (file.isDirectory() || /\.(crt|conf)$/.test(file.name)) continue;
      const path = join(root, folder.name, file.name);
      if (((await look(path, stat))?.size ?? Number.POSITIVE_INFINITY) > MAX_SECRET_BYTES) continue;
      const text = await look(path, (found) => readFile(found, 'utf8'));
      if (text !== undefined) secrets.set(`${folder.name}/${file.name}`, text.trim());
    }
  }
  return { secrets, unreadSecrets };
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
