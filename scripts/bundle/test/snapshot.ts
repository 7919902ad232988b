import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectProject } from '../../audit/readFacts.ts';
import { mustDocker } from '../compose.ts';

/** Every path below a folder with owner, mode, time of change and content; empty where it is not there. */
export async function treeOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true }).catch(() => undefined);
  if (entries === undefined) return [];
  return await Promise.all(
    ['', ...entries].sort().map(async (entry) => {
      const path = join(root, entry);
      const found = await lstat(path);
      const content = found.isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : '';
      return [entry, found.mode, found.uid, found.mtimeMs, found.ino, content].join(' ');
    }),
  );
}

/** Containers, networks and volumes of a project, and every image of ours. */
export async function engineStateOf(project: string): Promise<unknown> {
  const label = `label=com.docker.compose.project=${project}`;
  const [containers, networks, volumes, images] = await Promise.all([
    inspectProject(project),
    mustDocker(['network', 'ls', '--no-trunc', '--quiet', '--filter', label]),
    mustDocker(['volume', 'ls', '--quiet', '--filter', label]),
    mustDocker(['image', 'ls', '--no-trunc', '--quiet', '--filter', 'reference=origin-stack/*']),
  ]);
  const states = containers.map(({ Id, State }) => [Id, State.Status, startOf(State)].join(' ')).sort();
  // The engine lists by time of creation, in whole seconds: what was built in the same one has no order.
  const inOrder = (list: string) => list.split('\n').sort();
  return { states, networks: inOrder(networks), volumes: inOrder(volumes), images: inOrder(images) };
}

/** When a container was last started. */
export const startOf = (state: object): string => (state as { StartedAt: string }).StartedAt;
