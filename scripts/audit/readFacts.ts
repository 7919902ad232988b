import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { docker, mustDocker } from '../bundle/compose.ts';
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
  return JSON.parse(stdout) as Inspected[];
}

/** Everything that the checks hold containers against. */
export async function readContext(
  dir: BundleDir,
  settings: BundleSettings,
  containers: Inspected[],
): Promise<AuditContext> {
  const [engine, networks, imageIds, secrets, processes] = await Promise.all([
    readEngine(),
    readNetworks(containers),
    readImageIds(containers),
    readSecretValues(dir.secrets),
    readProcesses(containers),
  ]);
  return { settings, engine, networks, imageIds, secrets, processes };
}

export async function readEngine(): Promise<EngineFacts> {
  const text = await mustDocker(['info', '--format', '{{json .}}']);
  const info = JSON.parse(text) as {
    ServerVersion: string;
    SecurityOptions: string[] | null;
    Swarm?: { LocalNodeState?: string };
  };
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
  const networks = JSON.parse(stdout) as { Name: string; Internal: boolean }[];
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

/** The secrets' values, as far as this user may read them; they are compared and never shown. */
async function readSecretValues(root: string): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const folder of await readdir(root).catch(() => [])) {
    for (const file of await readdir(join(root, folder)).catch(() => [])) {
      const path = join(root, folder, file);
      const size = (await stat(path).catch(() => undefined))?.size ?? Number.POSITIVE_INFINITY;
      if (/\.(crt|conf)$/.test(file) || size > MAX_SECRET_BYTES) continue;
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text !== undefined) values.set(`${folder}/${file}`, text.trim());
    }
  }
  return values;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
